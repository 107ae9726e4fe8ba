import Foundation
import LockstepCore
import LockstepStudies
import LockstepTelemetry

/// Runs in groups: one for each point of each line of each figure.
struct Comparison {
  /// The runs of one point, which differ in their seeds only.
  struct Group {
    var x: Double
    var runs: [StoredRun]
    /// What tells it from others with the same number.
    var setting: String
  }

  /// The points of one line.
  struct Line {
    var name: String
    var groups: [Group]
  }

  /// The lines of one figure; the name says which slice of the other axes it is.
  struct Slice {
    var name: String
    var lines: [Line]
  }

  /// The slices that fit on the page.
  let slices: [Slice]
  /// How many more there are.
  let omitted: Int
  /// How many lines were left out of each, because no more can be told apart.
  let omittedLines: Int

  /// The largest number of figures of one kind, beyond which a page isn't read.
  static let largestSliceCount = 4

  /// Groups the runs of a section along an abscissa.
  ///
  /// - Parameters:
  ///   - section: the runs.
  ///   - abscissa: the number along which they are compared.
  ///   - room: the largest number of lines in a figure.
  ///   - largestSliceCount: the largest number of figures.
  init(
    _ section: Section, along abscissa: Abscissa, room: Int = Ink.seriesCount,
    largestSliceCount: Int = Self.largestSliceCount
  ) {
    // Runs are large: only those that are drawn are copied, the others are known by their places.
    let all = section.runs
    let usable = all.indices.filter { abscissa.number(all[$0])?.isFinite == true }
    let others = section.axes.filter { axis in
      axis.name != abscissa.source && !abscissa.movers.contains(axis.name)
        && !Self.follows(axis.name, abscissa, all)
    }
    // Axes whose values say by themselves what they are.
    let plain = ["policy", "model", "optimizer", "data", "engine", "delay", "service"]
    let prefixes = Dictionary(
      uniqueKeysWithValues: section.axes.map { axis in
        (axis.name, plain.contains(axis.name) ? "" : axis.name.replacing("-", with: " ") + " ")
      })
    func label(_ run: StoredRun, _ axes: [Section.Axis]) -> String {
      var text = ""
      for axis in axes {
        if !text.isEmpty { text += ", " }
        text += prefixes[axis.name] ?? ""
        text += run.axes[axis.name]?.spelling ?? "–"
      }
      return text
    }
    func lineName(_ run: StoredRun, _ axes: [Section.Axis]) -> String {
      [abscissa.family(run), label(run, axes)].filter { !$0.isEmpty }.joined(separator: ", ")
    }
    var inner = others
    var outer: [Section.Axis] = []
    while Set(usable.map { lineName(all[$0], inner) }).count > room, inner.count > 1 {
      // Policies are compared within a figure as long as possible; the longest other axis goes.
      let candidates = inner.filter { $0.name != "policy" }
      let longest = (candidates.isEmpty ? inner : candidates).max {
        $0.values.count < $1.values.count
      }
      inner.removeAll { $0.name == longest?.name }
      if let longest { outer.append(longest) }
    }

    struct Key: Hashable {
      var slice: String
      var line: String
      var x: Double
      /// Settings that happen to have the same measured number stay apart.
      var setting: String
    }
    var groups: [Key: [Int]] = [:]
    // A measured abscissa differs from seed to seed: its groups are those of the axes.
    var means: [String: [Double]] = [:]
    let isMeasured = abscissa.source == nil
    let identities = isMeasured ? usable.map { label(all[$0], section.axes) } : []
    for (place, identity) in zip(usable, identities) {
      means[identity, default: []].append(abscissa.number(all[place]) ?? 0)
    }
    let middles = means.mapValues { Sample($0).median }
    var seen = Set<String>()
    var sliceNames: [String] = []
    var lineNames: [String] = []
    for (index, place) in usable.enumerated() {
      let key = Key(
        slice: label(all[place], outer), line: lineName(all[place], inner),
        x: isMeasured ? middles[identities[index]] ?? 0 : abscissa.number(all[place]) ?? 0,
        setting: isMeasured ? identities[index] : "")
      if groups[key] == nil {
        if seen.insert("slice " + key.slice).inserted { sliceNames.append(key.slice) }
        if seen.insert("line " + key.line).inserted { lineNames.append(key.line) }
      }
      groups[key, default: []].append(place)
    }
    // A single long axis: some of its values, evenly spread, stand for all.
    let lines = Self.spread(NaturalOrder.sorted(lineNames), room)
    omittedLines = lineNames.count - lines.count
    let names = Self.spread(NaturalOrder.sorted(sliceNames), largestSliceCount)
    let (shownLines, shownSlices) = (Set(lines), Set(names))
    var byLine: [String: [String: [Group]]] = [:]
    for (key, places) in groups
    where shownSlices.contains(key.slice) && shownLines.contains(key.line) {
      byLine[key.slice, default: [:]][key.line, default: []].append(
        Group(x: key.x, runs: places.map { all[$0] }, setting: key.setting))
    }
    slices = names.map { name in
      Slice(
        name: name,
        lines: lines.compactMap { line in
          byLine[name]?[line].map { groups in
            Line(name: line, groups: groups.sorted { ($0.x, $0.setting) < ($1.x, $1.setting) })
          }
        })
    }
    omitted = sliceNames.count - names.count
  }

  /// What has to be said about settings that are not drawn; empty if all are.
  ///
  /// - Parameter file: where their numbers are.
  func omissions(file: String) -> [String] {
    var notes: [String] = []
    if omittedLines > 0 {
      notes.append(
        "\(NumberText.counted(omittedLines, "setting")) between those shown "
          + "\(omittedLines == 1 ? "is" : "are") left out; \(file) has "
          + "\(omittedLines == 1 ? "it" : "them").")
    }
    if omitted > 0 {
      notes.append(
        "\(NumberText.counted(omitted, "more such figure")) for other settings "
          + "\(omitted == 1 ? "is" : "are") left out; \(file) has the numbers.")
    }
    return notes
  }

  /// As many of some names as there is room for, evenly spread, the first and the last among them.
  static func spread(_ names: [String], _ room: Int) -> [String] {
    guard names.count > room else { return names }
    return (0..<room).map { names[room == 1 ? 0 : $0 * (names.count - 1) / (room - 1)] }
  }

  /// Names without the parts that all of them share.
  static func distinct(_ names: [String]) -> [String] {
    let parts = names.map { $0.components(separatedBy: ", ") }
    guard let first = parts.first, names.count > 1 else { return names }
    let shared = first.filter { part in parts.allSatisfy { $0.contains(part) } }
    let short = parts.map { $0.filter { !shared.contains($0) }.joined(separator: ", ") }
    return Set(short).count == short.count && !short.contains("") ? short : names
  }

  /// Whether an axis has one value for each number on the abscissa, because both were paired.
  private static func follows(_ axis: String, _ abscissa: Abscissa, _ runs: [StoredRun]) -> Bool {
    guard abscissa.source != nil else { return false }
    var values: [String: String] = [:]
    for run in runs {
      guard let number = abscissa.number(run), number.isFinite else { continue }
      let key = "\(number) \(abscissa.family(run))"
      let value = run.axes[axis]?.spelling ?? "–"
      if let known = values[key], known != value { return false }
      values[key] = value
    }
    return true
  }

  /// The slices as charts of a number's median with its interval over the seeds.
  ///
  /// - Returns: a series for each line that has the number, and how many groups have none.
  static func series(
    _ slice: Slice, suffix: String = "", _ number: (StoredRun) -> Double?
  ) -> (series: [Chart.Series], missing: Int) {
    var result: [Chart.Series] = []
    var missing = 0
    for line in slice.lines {
      var points: [Chart.Point] = []
      for group in line.groups {
        let values = group.runs.compactMap(number).filter(\.isFinite)
        guard !values.isEmpty else {
          missing += 1
          continue
        }
        let estimate = Intervals.median(values)
        points.append(
          Chart.Point(
            x: group.x, y: estimate.value, low: estimate.low, high: estimate.high,
            count: estimate.count))
      }
      guard !points.isEmpty else { continue }
      let name = [line.name, suffix].filter { !$0.isEmpty }.joined(separator: ", ")
      result.append(Chart.Series(name: name, points: points))
    }
    return (result, missing)
  }
}
