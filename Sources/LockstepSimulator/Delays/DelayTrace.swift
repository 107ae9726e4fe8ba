import Foundation
import LockstepCore
import LockstepModels

/// Measured delays: one whole number a line, drawn again with equal probability.
public struct DelayTrace: Equatable, Sendable {
  /// The delays, in the order of the file.
  public let delays: [Int]

  /// Reads a file.
  ///
  /// - Parameter path: the file; only its end may be blank.
  /// - Throws: ``DataError`` with the line for whatever isn't a delay in
  ///   `0 …` ``DelaySpecification/longest``, for an empty line and for an empty file.
  public init(path: String) throws(DataError) {
    let data = try DataError.contents(of: path)
    var delays: [Int] = []
    var line = 0
    var blank: Int?
    for bytes in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      let text = String(decoding: bytes, as: UTF8.self)
        .trimmingCharacters(in: CharacterSet(charactersIn: " \t\r"))
      if text.isEmpty {
        blank = blank ?? line
        continue
      }
      if let blank { throw .invalid(path: path, line: blank, reason: "holds no delay") }
      guard let delay = Int(text), delay >= 0 else {
        throw .invalid(
          path: path, line: line,
          reason: "'\(text.prefix(20))' is not a delay, which is a whole number from 0")
      }
      guard delay <= DelaySpecification.longest else {
        throw .invalid(
          path: path, line: line,
          reason: "\(delay) is longer than the longest delay, \(DelaySpecification.longest)")
      }
      delays.append(delay)
    }
    guard !delays.isEmpty else {
      throw .invalid(path: path, line: nil, reason: "is empty; write one delay a line")
    }
    self.delays = delays
  }
}
