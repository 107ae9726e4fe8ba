import Foundation
import LockstepCore
import LockstepRuns

/// What came of joining result folders.
public struct StoreMerge: Codable, Equatable, Sendable {
  /// The number of records that were added.
  public var added = 0
  /// The number of records that were there already: the same run, carried out again.
  public var repeated = 0
  /// How many runs of the plan the folder still lacks; `nil` for a search, whose runs nobody knows before.
  public var missing: Int?

  /// Joins result folders of one plan.
  ///
  /// A run that is in several folders is taken from the first; its other records are the same but for
  /// the times they took.
  ///
  /// - Parameters:
  ///   - folders: where the records are.
  ///   - target: the folder that they go to; it may hold some already.
  /// - Returns: the folder, open, and what was done.
  /// - Throws: ``StoreError`` for a folder without a plan, for different plans, for the same id with
  ///   another configuration, and where something can't be read or written.
  public static func join(
    _ folders: [String], into target: String
  ) throws(StoreError) -> (store: ResultStore, merge: StoreMerge) {
    guard let first = folders.first else {
      throw .unusable(folder: target, reason: "no folder is given to be merged into it")
    }
    let digest = try need(first)
    var runs: [[StoredRun]] = []
    for folder in folders {
      let found = try need(folder)
      guard found == digest else {
        throw .unusable(
          folder: folder,
          reason: "holds the results of another plan (\(found)) than \(first) (\(digest)); merge "
            + "shares of one plan")
      }
      runs.append(try ResultStore.runs(in: folder))
    }
    let document = String(
      decoding: try StoreError.contents(of: "\(first)/\(ResultStore.Name.plan)"), as: UTF8.self)
    let store = try ResultStore(opening: target, document: document, digest: digest)
    var known = Dictionary(
      try store.runs().map { ($0.id, $0) }, uniquingKeysWith: { one, _ in one })
    var merge = StoreMerge()
    for (folder, runs) in zip(folders, runs) {
      for run in runs {
        if let other = known[run.id] {
          guard other.record.configuration == run.record.configuration else {
            throw .unusable(
              folder: folder, reason: "\(run.id) has another configuration there than elsewhere")
          }
          merge.repeated += 1
        } else {
          try store.append(run)
          known[run.id] = run
          merge.added += 1
        }
      }
    }
    return (store, merge)
  }

  private static func need(_ folder: String) throws(StoreError) -> String {
    guard FileManager.default.fileExists(atPath: folder) else {
      throw .notFound(path: folder, reason: "no such folder")
    }
    guard let digest = try ResultStore.digest(in: folder) else {
      throw .unusable(folder: folder, reason: "is no result folder: it has no plan.yaml")
    }
    return digest
  }
}
