import Foundation
import LockstepTelemetry
import Testing

/// The record of a run that has to succeed.
///
/// - Parameters:
///   - options: what is typed after `lockstep run`.
///   - folder: where it is typed.
func runRecord(_ options: String, in folder: String = "/") throws -> RunRecord {
  let result = try lockstep(typed: "run --json --quiet \(options)", in: folder)
  try #require(result.code == 0, "\(options): \(result.errors)")
  return try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
}
