/// The lines of `results.jsonl`, for everybody who reads the file.
///
/// A line of nothing but white space is none. What follows the last newline may be the beginning of a line that is
/// being written, or a whole one that only lacks its newline; who reads it finds out.
public struct ResultLines: Sendable {
  /// One line.
  public struct Line: Sendable {
    /// Which line of the file, from 1.
    public let number: Int
    /// Its bytes, without the newline.
    public let bytes: ArraySlice<UInt8>
  }

  /// The lines that end in a newline.
  public let whole: [Line]
  /// What follows the last newline, if it is more than white space.
  public let rest: Line?

  /// Divides a file at its newlines.
  public init(_ contents: [UInt8]) {
    var whole: [Line] = []
    var start = 0
    var number = 1
    while let end = contents[start...].firstIndex(of: 0x0A) {
      let line = Line(number: number, bytes: contents[start..<end])
      if !line.isBlank { whole.append(line) }
      start = end + 1
      number += 1
    }
    let last = Line(number: number, bytes: contents[start...])
    self.whole = whole
    rest = last.isBlank ? nil : last
  }

  /// Runs without those whose id stands before: however often a line is there, it is one run.
  public static func distinct(_ runs: [StoredRun]) -> [StoredRun] {
    var seen: Set<String> = []
    return runs.filter { seen.insert($0.id).inserted }
  }
}

extension ResultLines.Line {
  fileprivate var isBlank: Bool { bytes.allSatisfy { $0 <= 0x20 } }
}
