import Foundation
import LockstepCore
import LockstepModels
import LockstepTelemetry

extension Calibration {
  /// Every list of durations in it.
  fileprivate var lists: [[Double]] {
    workers + [service, read, compute, apply]
      + (parts ?? []).flatMap { [$0.read, $0.compute, $0.apply] }
  }

  /// The measured durations of a part of an iteration, in microseconds.
  ///
  /// - Returns: a list for each worker where as many workers were measured; otherwise one for all,
  ///   who are alike.
  func durations(of part: ServiceLaw.Part, workers count: Int) -> [[Double]] {
    let own = workers.count == count
    guard let key = part.measured else { return own ? workers : [service] }
    if own, let parts, parts.count == count { return parts.map { $0[keyPath: key] } }
    return [Parts(read: read, compute: compute, apply: apply)[keyPath: key]]
  }
}

extension ServiceLaw.Part {
  /// Where a calibration has it; `nil` for the whole iteration.
  fileprivate var measured: KeyPath<Calibration.Parts, [Double]>? {
    switch self {
    case .service: nil
    case .compute: \.compute
    case .read: \.read
    case .apply: \.apply
    }
  }
}

/// The durations in a text file, one a line, or in a calibration.
enum ServiceTrace {
  /// Reads the durations of iterations on real threads, in microseconds.
  ///
  /// - Throws: ``DataError`` for a file that isn't one.
  static func readCalibration(_ path: String) throws(DataError) -> Calibration {
    let data = try DataError.contents(of: path, growth: 16)
    guard let calibration = try? JSONDecoder().decode(Calibration.self, from: Data(data)),
      calibration.schema == "lockstep.calibration/1", !calibration.service.isEmpty,
      calibration.lists.allSatisfy({ !$0.isEmpty }),
      calibration.lists.joined().allSatisfy({ $0 >= 0 && $0 <= ServiceSpecification.longest })
    else {
      throw .invalid(
        path: path, line: nil,
        reason: "is not a calibration; lockstep run --calibrate FILE writes one")
    }
    return calibration
  }

  /// Reads a file.
  ///
  /// - Throws: ``DataError`` with the line for whatever isn't a duration, for an empty line and for
  ///   an empty file.
  static func read(_ path: String) throws(DataError) -> [Double] {
    try NumberLines.read(path, "duration") { word in
      guard let duration = Double(word) else {
        return .failure(.init("'\(word.prefix(20))' is not a duration"))
      }
      guard duration > 0, duration <= ServiceSpecification.longest else {
        return .failure(
          .init(
            "a duration is a number above 0 and at most 1e9, and this is '\(word.prefix(20))'"))
      }
      return .success(duration)
    }
  }
}
