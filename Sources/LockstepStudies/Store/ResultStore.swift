import Foundation
import LockstepCore
import LockstepRuns
import LockstepTelemetry
import Synchronization

/// A result folder that runs are added to.
///
/// **Concurrency:** any thread may append; lines are encoded side by side and written one by one.
public final class ResultStore: Sendable {
  /// Where it is.
  public let path: String
  private let file: Mutex<ResultFile>
  private let present: Mutex<Set<String>>

  /// The names of a folder's files.
  public enum Name {
    /// What was asked for.
    public static let plan = "plan.yaml"
    /// One record a line.
    public static let results = "results.jsonl"
    /// The same as a table.
    public static let table = "results.csv"
    /// The machine, as hwloc writes it.
    public static let machine = "machine.xml"
    /// All of them, and what a study adds.
    public static let all = [plan, results, table, machine, "study.yaml", "claims.json"]
  }

  /// Opens a folder for a plan, or makes it; repairs what a killed process left.
  ///
  /// - Parameters:
  ///   - path: the folder.
  ///   - document: what `plan.yaml` says; see ``PlanDocument``.
  ///   - digest: the plan's hash.
  ///   - runs: the plan's runs; with them, a folder of a plan whose runs are all among them becomes this
  ///     plan's.
  /// - Throws: ``StoreError`` for a folder that can't be written, is in use, holds another plan's
  ///   results, or has a line that can't be read.
  /// - Complexity: O(bytes of the results there).
  public init(
    opening path: String, document: String, digest: String, extendedBy runs: PlannedRuns? = nil
  ) throws(StoreError) {
    self.path = path
    let folder = try StoreError.writing { () throws(OutputError) in try OutputFolder(path) }
    let results = "\(path)/\(Name.results)"
    var file = try ResultFile(results, in: path)
    let lines = try file.repairedLines { Self.id(of: $0) != nil }
    let found = try Self.digest(in: path)
    if let found, found != digest {
      guard let runs, try Self.isPlan(in: path, containedIn: runs) else {
        throw .otherPlan(folder: path, found: found, asked: digest)
      }
    }
    if found == nil {
      guard lines.isEmpty else {
        throw .unusable(
          folder: path, reason: "holds results, but no plan.yaml with a hash; take another --out")
      }
    }
    if found != digest {
      try StoreError.writing { () throws(OutputError) in
        try folder.write(Data(document.utf8), as: Name.plan)
      }
    }
    var present: Set<String> = []
    for line in lines {
      present.insert(try Self.id(of: line, in: results))
    }
    self.present = Mutex(present)
    self.file = Mutex(file)
  }

  /// Opens a folder for a plan; one with some of its runs becomes this plan's.
  ///
  /// - Throws: as the other initializer.
  public convenience init(
    opening path: String, plan: SweepPlan, runs: PlannedRuns
  ) throws(StoreError) {
    try self.init(
      opening: path, document: PlanDocument.text(plan, digest: runs.digest), digest: runs.digest,
      extendedBy: runs)
  }

  /// Removes every run.
  ///
  /// - Throws: ``StoreError/cannotWrite(path:reason:)``.
  public func removeAll() throws(StoreError) {
    try file.withLock { file throws(StoreError) in
      try file.truncate(to: 0)
      present.withLock { $0 = [] }
    }
  }

  /// Whether a run's record is there.
  public func contains(_ id: String) -> Bool { present.withLock { $0.contains(id) } }

  /// The number of runs that are there.
  public var count: Int { present.withLock { $0.count } }

  /// Adds a run, unless it is there already.
  ///
  /// - Throws: ``StoreError/cannotWrite(path:reason:)``; the file holds whole lines even then.
  public func append(_ run: StoredRun) throws(StoreError) {
    let line: Data
    do {
      line = try Self.encode(run)
    } catch {
      throw .cannotWrite(path: path, reason: "the record of \(run.id) is no JSON: \(error)")
    }
    // Both locks are taken in this order everywhere, and nothing is awaited under them.
    try file.withLock { file throws(StoreError) in
      guard !contains(run.id) else { return }
      try file.append(line)
      _ = present.withLock { $0.insert(run.id) }
    }
  }

  /// Hands everything to the device.
  ///
  /// - Throws: ``StoreError/cannotWrite(path:reason:)``.
  public func synchronize() throws(StoreError) {
    try file.withLock { file throws(StoreError) in try file.synchronize() }
  }

  /// Writes another file of the folder, whole or not at all.
  ///
  /// - Throws: ``StoreError/cannotWrite(path:reason:)``.
  public func write(_ data: Data, as name: String) throws(StoreError) {
    try StoreError.writing { () throws(OutputError) in
      try OutputFolder.write(data, to: "\(path)/\(name)")
    }
  }

  /// The records that are there, each id once, in the order in which they were added.
  ///
  /// - Throws: ``StoreError``.
  public func runs() throws(StoreError) -> [StoredRun] { try Self.runs(in: path) }
}

extension ResultStore {
  /// One line, without the newline: keys in order, nothing between them.
  static func encode(_ run: StoredRun) throws -> Data {
    try JSONEncoder.line.encode(run)
  }

  private struct Identified: Decodable {
    var id: String
    var schema: String?

    init?(_ line: ArraySlice<UInt8>) {
      guard let found = try? JSONDecoder().decode(Self.self, from: Data(line)) else { return nil }
      self = found
    }
  }

  /// The id of a line that is whole; `nil` for one that is no JSON document with an id.
  static func id(of line: ArraySlice<UInt8>) -> String? { Identified(line)?.id }

  /// Reads a folder that nobody needs to have locked; the end of a line being written is left out.
  ///
  /// - Throws: ``StoreError/notFound(path:reason:)`` or ``StoreError/corrupt(path:line:reason:)``.
  public static func runs(in folder: String) throws(StoreError) -> [StoredRun] {
    let path = "\(folder)/\(Name.results)"
    let lines = try lines(in: folder)
    var result: [StoredRun] = []
    for line in lines {
      do {
        result.append(try StoredRun(line: line.bytes))
      } catch {
        throw refused(line, of: path, error)
      }
    }
    return ResultLines.distinct(result)
  }

  /// The ids of the runs in a folder; none where there is no such folder.
  ///
  /// - Throws: ``StoreError/corrupt(path:line:reason:)``.
  public static func ids(in folder: String) throws(StoreError) -> Set<String> {
    let path = "\(folder)/\(Name.results)"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    var result: Set<String> = []
    for line in try lines(in: folder) {
      result.insert(try id(of: line, in: path))
    }
    return result
  }

  /// Whether all runs of the plan that lies in a folder are among those of another one.
  ///
  /// - Throws: ``StoreError/notFound(path:reason:)`` for a plan that can't be read.
  public static func isPlan(
    in folder: String, containedIn runs: PlannedRuns
  ) throws(StoreError) -> Bool {
    let path = "\(folder)/\(Name.plan)"
    let text = String(decoding: try StoreError.contents(of: path), as: UTF8.self)
    // What another version wrote may mean other runs now; its hash tells.
    guard let plan = try? SweepPlan(yaml: text, path: path), let old = try? plan.runs(limit: .max),
      old.digest == PlanDocument.digest(in: text)
    else { return false }
    return runs.contains(old)
  }

  /// The hash in a folder's `plan.yaml`; `nil` where there is none.
  ///
  /// - Throws: ``StoreError/notFound(path:reason:)`` for a file that can't be read.
  public static func digest(in folder: String) throws(StoreError) -> String? {
    let path = "\(folder)/\(Name.plan)"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return PlanDocument.digest(
      in: String(decoding: try StoreError.contents(of: path), as: UTF8.self))
  }

  /// A folder's whole lines, and what follows them where it is whole but for its newline.
  static func lines(in folder: String) throws(StoreError) -> [ResultLines.Line] {
    let lines = ResultLines(try StoreError.contents(of: "\(folder)/\(Name.results)"))
    guard let rest = lines.rest, id(of: rest.bytes) != nil else { return lines.whole }
    return lines.whole + [rest]
  }

  /// The id of a line of a file.
  ///
  /// - Throws: ``StoreError`` for a line without one, and for a record of another format.
  private static func id(
    of line: ResultLines.Line, in path: String
  ) throws(StoreError) -> String {
    guard let found = Identified(line.bytes) else { throw refused(line, of: path, nil) }
    if let schema = found.schema, schema != RunRecord.currentSchema {
      throw refused(line, of: path, UnknownSchema(found: schema))
    }
    return found.id
  }

  /// Why a line of a file cannot be read.
  private static func refused(
    _ line: ResultLines.Line, of path: String, _ error: (any Error)?
  ) -> StoreError {
    if let error = error as? UnknownSchema {
      return .unknownSchema(path: path, line: line.number, reason: error.description)
    }
    return .corrupt(path: path, line: line.number, reason: "is not the record of a run")
  }
}
