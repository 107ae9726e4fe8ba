import Lockstep

/// Which configuration reaches the target loss first, as a table for the terminal.
struct RankingTable {
  let text: String

  init(_ ranking: TargetRanking) {
    let head = [
      "", "updates", "updates/\(ranking.isVirtual ? "unit" : "s")",
      "samples/\(ranking.isVirtual ? "unit" : "s")", "time", "times the first",
      "reached",
    ]
    let rows = ranking.entries.enumerated().map { rank, entry -> [String] in
      [
        entry.name, Format.number(entry.updates), Format.rate(entry.rate),
        Format.rate(entry.sampleRate),
        entry.time.map { ranking.isVirtual ? Format.number($0) : Format.seconds($0) } ?? "–",
        rank == 0 ? "1" : Self.ratio(entry), "\(entry.reached) of \(entry.runs)",
      ]
    }
    var text = "To the target loss, the soonest first\n" + Format.table([head] + rows)
    if ranking.omitted > 0 {
      text += "… and \(NumberText.counted(ranking.omitted, "later one"))\n"
    }
    let sentences = [ranking.intervals, ranking.resolutionSentence, ranking.sentence].compactMap(
      \.self)
    self.text = text + Format.wrapped(sentences.joined(separator: " ")) + "\n"
  }

  private static func ratio(_ entry: TargetRanking.Entry) -> String {
    guard let ratio = entry.ratio else { return "–" }
    let low = entry.ratioLow.map { Format.number($0) } ?? "0"
    let high = entry.ratioHigh.map { Format.number($0) } ?? "∞"
    return "\(Format.number(ratio)) (\(low) to \(high))"
  }
}
