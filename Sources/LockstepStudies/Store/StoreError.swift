import LockstepCore
import LockstepRuns

/// What is wrong with a result folder, and what to do.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A file that can't be written.
  case cannotWrite(path: String, reason: String)
  /// A folder that another process is writing to.
  case busy(folder: String)
  /// A folder with the results of another plan.
  case otherPlan(folder: String, found: String, asked: String)
  /// A file that can't be read.
  case notFound(path: String, reason: String)
  /// A line that isn't what it should be; it counts from 1.
  case corrupt(path: String, line: Int, reason: String)
  /// A line that holds a record of another format; it counts from 1.
  case unknownSchema(path: String, line: Int, reason: String)
  /// A folder that isn't what it should be.
  case unusable(folder: String, reason: String)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .cannotWrite(let path, let reason): "\(path): cannot be written (\(reason))"
    case .busy(let folder):
      "\(folder): another sweep is writing to this folder; wait for it, or take another --out"
    case .otherPlan(let folder, let found, let asked):
      "\(folder): holds the results of another plan (\(found), and this one is \(asked)), with runs that are "
        + "not in this plan; take another --out, or resume with: lockstep sweep \(folder)/plan.yaml --out "
        + folder
    case .notFound(let path, let reason): "\(path): \(reason)"
    case .corrupt(let path, let line, let reason):
      "\(path), line \(line): \(reason); take the line out, and what it held is run again"
    case .unknownSchema(let path, let line, let reason): "\(path), line \(line): \(reason)"
    case .unusable(let folder, let reason): "\(folder): \(reason)"
    }
  }
}

extension StoreError {
  /// The bytes of a file.
  ///
  /// - Throws: ``notFound(path:reason:)``.
  static func contents(of path: String) throws(StoreError) -> [UInt8] {
    do throws(SystemCallError) {
      return try InputFile.read(path)
    } catch {
      throw .notFound(path: path, reason: error.whyUnreadable)
    }
  }

  /// Does something that writes.
  ///
  /// - Throws: ``cannotWrite(path:reason:)``.
  static func writing<Result>(
    _ body: () throws(OutputError) -> Result
  ) throws(StoreError) -> Result {
    do throws(OutputError) {
      return try body()
    } catch {
      throw .cannotWrite(path: error.path, reason: error.reason)
    }
  }
}
