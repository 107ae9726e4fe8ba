/// What a message says of the names that an option takes: all of them, or the one that was probably meant.
public enum Suggestion {
  /// Names in a sentence: `a, b or c`.
  static func alternatives(_ names: [String]) -> String {
    names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
  }

  /// What follows the sentence that there is no such name: the nearest one, and all there are.
  public static func among(_ names: [String], for text: String) -> String {
    among(names, nearest: nearest(to: text, among: names))
  }

  /// The same where the nearest name is known, if there is one.
  public static func among(_ names: [String], nearest: String?) -> String {
    let known = "known: " + names.joined(separator: ", ")
    return nearest == nil ? "; \(known)" : "\(hint(nearest)) (\(known))"
  }

  /// The question whether the nearest name was meant; empty where there is none.
  public static func hint(_ nearest: String?) -> String {
    nearest.map { "; did you mean \($0)?" } ?? ""
  }

  /// The name with the smallest number of slips from `text`, if it is at most half the name's length.
  public static func nearest(to text: String, among names: [String]) -> String? {
    let wanted = Array(text.lowercased())
    let scored = names.map { (distance(wanted, Array($0.lowercased())), $0) }
    guard let best = scored.min(by: { $0.0 < $1.0 }) else { return nil }
    return best.0 <= max(1, best.1.count / 2) ? best.1 : nil
  }

  /// The number of letters to change, add, leave out or swap with their neighbour.
  ///
  /// **Reference:** Damerau, *A Technique for Computer Detection and Correction of Spelling Errors*,
  /// 1964; no letter is touched twice.
  static func distance(_ first: [Character], _ second: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for i in first.indices {
      var row = [i + 1]
      for j in second.indices {
        let change = last[j] + (first[i] == second[j] ? 0 : 1)
        var best = min(change, last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
          best = min(best, beforeLast[j - 1] + 1)
        }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[second.count]
  }
}
