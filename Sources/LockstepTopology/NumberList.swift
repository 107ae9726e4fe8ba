/// Lists of numbers as people write them: `0-3,8`.
enum NumberList {
  /// The largest number that a list may hold; it bounds what a range expands to.
  static let largest = 1_048_575

  /// Why a list can't be read, ready to be shown.
  struct Malformed: Error {
    let reason: String
  }

  /// Writes numbers in the given order, each run of consecutive ones as a range.
  static func text(_ numbers: [Int]) -> String {
    guard let first = numbers.first else { return "none" }
    var pieces: [String] = []
    var start = first
    var end = first
    func piece() -> String { start == end ? "\(start)" : "\(start)-\(end)" }
    for number in numbers.dropFirst() {
      if number == end + 1 {
        end = number
      } else {
        pieces.append(piece())
        start = number
        end = number
      }
    }
    pieces.append(piece())
    return pieces.joined(separator: ",")
  }

  /// Reads numbers and ranges, in the order in which they are written.
  ///
  /// - Throws: ``Malformed`` for anything that isn't a number or an ascending range, and for a
  ///   number that is given twice.
  static func numbers(_ text: some StringProtocol) throws(Malformed) -> [Int] {
    guard !text.isEmpty else { throw Malformed(reason: "nothing follows the ':'") }
    var numbers: [Int] = []
    var seen: Set<Int> = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      for number in try range(part) {
        guard seen.insert(number).inserted else {
          throw Malformed(reason: "\(number) is given twice")
        }
        numbers.append(number)
      }
    }
    return numbers
  }

  private static func range(_ part: some StringProtocol) throws(Malformed) -> ClosedRange<Int> {
    guard !part.isEmpty else { throw Malformed(reason: "a number is missing beside a ','") }
    let bounds = part.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = number(bounds[0]), let last = number(bounds[bounds.count - 1]) else {
      throw Malformed(
        reason: "'\(part)' is not a number from 0 to \(largest), nor a range like 0-3")
    }
    guard first <= last else { throw Malformed(reason: "the range \(part) runs backwards") }
    return first...last
  }

  private static func number(_ text: some StringProtocol) -> Int? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
      number <= largest
    else { return nil }
    return number
  }
}
