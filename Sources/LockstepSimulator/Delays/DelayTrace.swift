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
    delays = try NumberLines.read(path, "delay") { word in
      guard let delay = Int(word), delay >= 0 else {
        return .failure(
          .init("'\(word.prefix(20))' is not a delay, which is a whole number from 0"))
      }
      guard delay <= DelaySpecification.longest else {
        return .failure(
          .init("\(delay) is longer than the longest delay, \(DelaySpecification.longest)"))
      }
      return .success(delay)
    }
  }
}
