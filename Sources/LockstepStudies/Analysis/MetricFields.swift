import LockstepCore
import LockstepTelemetry

/// The numbers that paths lead to: those of the record's tables, and what is worked out from them.
extension Metric {
  static let fields: [RecordNumber<RunRecord>] =
    RunRecord.numbers + [
      RecordNumber("ensemble.momentum", "implicit momentum") {
        ImplicitMomentum.fit($0.ensemble.mean)
      }
    ]

  static let workerFields = WorkerRecord.numbers
  static let noiseMeasures = NoiseRecord.numbers
}

extension Collection {
  /// The number with a path.
  func at<Owner>(_ path: String) -> RecordNumber<Owner>? where Element == RecordNumber<Owner> {
    first { $0.path == path }
  }
}
