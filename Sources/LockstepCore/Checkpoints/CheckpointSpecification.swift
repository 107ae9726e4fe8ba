import Foundation

/// Where the checkpoints of a run go, and how often: `FILE[,every=T]`.
public struct CheckpointSpecification: Equatable, Sendable {
  /// How often a checkpoint is written where nobody says.
  public static let defaultSeconds = 60.0

  /// The file.
  public var path: String
  /// The number of seconds of the host's time between two checkpoints.
  public var seconds: Double

  /// Creates one.
  public init(path: String, seconds: Double = Self.defaultSeconds) {
    self.path = path
    self.seconds = seconds
  }

  /// Reads `FILE[,every=T]`, with a time such as `30s`, `5m` or `1h`; a time without a unit is in seconds.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)``.
  public init(_ text: String) throws(ConfigurationError) {
    let option = "--checkpoint"
    var path = Substring(text)
    var seconds = Self.defaultSeconds
    if let mark = text.range(of: ",every=", options: .backwards) {
      path = text[..<mark.lowerBound]
      seconds = try Self.seconds(text[mark.upperBound...], of: text)
    }
    guard !path.isEmpty else {
      throw .invalid(
        option: option, value: text,
        reason: "write FILE or FILE,every=TIME, such as run.ckpt,every=30s")
    }
    self.init(path: String(path), seconds: seconds)
  }

  private static func seconds(
    _ time: Substring, of text: String
  ) throws(ConfigurationError) -> Double {
    let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
    let unit = time.last.flatMap { units[$0] }
    let number = unit == nil ? time : time.dropLast()
    guard let value = Double(number), value.isFinite, value > 0 else {
      throw .invalid(
        option: "--checkpoint", value: text,
        reason: "every= takes a time above 0 in seconds, minutes or hours, such as 30s, 5m or 1h")
    }
    return value * (unit ?? 1)
  }
}
