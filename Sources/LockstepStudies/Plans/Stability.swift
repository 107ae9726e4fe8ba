import LockstepCore
import LockstepRuns
import LockstepTelemetry

/// Which stability a search judges: under random delays they end at different rates.
public enum Stability: String, CaseIterable, Codable, Sendable {
  /// Single paths shrink.
  case path
  /// The mean `E x` shrinks.
  case mean
  /// The mean square `E x²` shrinks.
  case meanSquare = "mean-square"

  /// How sure a measured rate has to be above or below 0.
  static let confidence = 0.999

  /// Why it cannot be judged in a configuration; `nil` where it can.
  func obstacle(in configuration: RunConfiguration) -> String? {
    let reason = ExactGrowth.reason(configuration)
    switch self {
    case .mean, .meanSquare:
      return reason.map {
        "--stability \(rawValue) is decided where moments are known exactly, and here \($0); take "
          + "--stability path"
      }
    case .path:
      guard case .quadratic(let quadratic) = configuration.model.kind, quadratic.noise != 0,
        ExactGrowth(configuration)?.isDetermined != true
      else { return nil }
      return
        "--stability path looks at how fast paths shrink, which noise keeps them from; leave the "
        + "quadratic's noise out"
    }
  }

  /// Whether a run was stable; `nil` where it doesn't tell.
  ///
  /// A run that diverged was not. Moments are known exactly. The growth of paths is measured, and has to be
  /// above or below 0 by Student's interval of ``confidence``; models other than quadratics, which have no
  /// growth rate of their own, are judged by their training loss from the first to the last.
  public func judge(_ record: RunRecord) -> Bool? {
    switch self {
    case .mean: return record.ensemble.meanGrowthRate.map { $0 < 0 }
    case .meanSquare: return record.ensemble.growthRate.map { $0 < 0 }
    case .path: return Self.path(record)
    }
  }

  private static func path(_ record: RunRecord) -> Bool? {
    let ensemble = record.ensemble
    let isQuadratic =
      record.configuration["model"]?.text.hasPrefix("quadratic") == true && record.isVirtual
    // Mean and mean square grow alike only where nothing is random, and there all paths do.
    if let rate = ensemble.growthRate, rate == ensemble.meanGrowthRate { return rate < 0 }
    if isQuadratic, let rate = ensemble.pathGrowthRate {
      guard let error = ensemble.pathGrowthRateError else { return nil }
      let degrees =
        ensemble.replicas > 1 ? ensemble.replicas - 1 : EnsembleRecord.pathPartCount - 1
      let reach = error * StudentT.factor(covering: confidence, degrees: degrees)
      return rate + reach < 0 ? true : rate - reach > 0 ? false : nil
    }
    guard record.status != .diverged, let final = record.loss.final, final.isFinite else {
      return false
    }
    guard let initial = record.loss.initial else { return nil }
    return final <= initial
  }
}
