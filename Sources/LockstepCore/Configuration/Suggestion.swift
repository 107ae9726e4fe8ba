/// Finds the valid name that a mistyped one was probably meant to be.
public enum Suggestion {
  /// The name with the smallest edit distance to `text`, if it is at most half the name's length.
  public static func nearest(to text: String, among names: [String]) -> String? {
    let wanted = Array(text.lowercased())
    let scored = names.map { (distance(wanted, Array($0.lowercased())), $0) }
    guard let best = scored.min(by: { $0.0 < $1.0 }) else { return nil }
    return best.0 <= max(1, best.1.count / 2) ? best.1 : nil
  }

  /// The Levenshtein distance between two words.
  static func distance(_ first: [Character], _ second: [Character]) -> Int {
    var row = Array(0...second.count)
    for (i, a) in first.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in second.enumerated() {
        let substitution = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[second.count]
  }
}
