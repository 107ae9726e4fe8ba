import Foundation
import LockstepCore
import LockstepTelemetry

/// Between what the largest stable learning rate of one configuration lies: one line of `bisect.jsonl`.
public struct BisectionResult: Codable, Equatable, Sendable {
  /// The part of the plan that it belongs to.
  public var part: String?
  /// The values of its axes.
  public var axes: [String: ConfigurationValue]
  /// Which stability was judged.
  public var stability: Stability
  /// What was found.
  public var result: Bisection.Result
  /// The largest rate that was stable.
  @ExplicitNull public var stable: Double?
  /// The smallest rate that was not.
  @ExplicitNull public var unstable: Double?
  /// The number of rates that were tried.
  public var runs: Int

  /// The results as comma-separated values.
  static func csv(_ results: [BisectionResult], axes: [String]) -> String {
    let hasParts = results.contains { $0.part != nil }
    var rows = [
      (hasParts ? ["part"] : []) + axes.map { $0.replacing("-", with: "_") }
        + ["stability", "result", "stable", "unstable", "runs"]
    ]
    for result in results {
      rows.append(
        (hasParts ? [result.part ?? ""] : []) + axes.map { result.axes[$0]?.text ?? "" }
          + [
            result.stability.rawValue, result.result.rawValue,
            result.stable.map { "\($0)" } ?? "",
            result.unstable.map { "\($0)" } ?? "", "\(result.runs)",
          ])
    }
    return ResultTable.text(rows)
  }

  /// The results, one JSON document a line.
  static func lines(_ results: [BisectionResult]) throws -> Data {
    let encoder = JSONEncoder.line
    return try results.reduce(into: Data()) { data, result in
      data += try encoder.encode(result) + [0x0A]
    }
  }
}
