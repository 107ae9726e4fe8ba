import Foundation
import LockstepCore
import LockstepStudies
import Synchronization
import Yams

/// Why a report cannot be made.
public enum ReportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no such file.
  case missing(path: String)
  /// A line or a file is not what it should be.
  case malformed(path: String, line: Int?, reason: String)
  /// There is nothing to report.
  case empty(path: String)
  /// No record is of the plan that lies beside them.
  case foreign(path: String, ids: [String])

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .missing(let path):
      "\(path): no such file; give the folder that a sweep or a study wrote"
    case .malformed(let path, let line, let reason):
      "\(path)\(line.map { ", line \($0)" } ?? ""): \(reason)"
    case .empty(let path): "\(path): holds no complete run yet"
    case .foreign(let path, let ids):
      "\(path): none of its records is of the plan in plan.yaml (\(ids.joined(separator: ", ")), …); put the "
        + "right plan.yaml beside them, or take it away"
    }
  }
}

/// What a sweep or a study has written.
struct ResultFolder: Sendable {
  var title: String
  var summary: String?
  /// The plan's parts, in its order.
  var parts: [String]
  /// The runs, each once.
  var runs: [StoredRun]
  /// The runs as the plan has them: in each of its parts, with the axes that it has there.
  var placedRuns: [StoredRun]
  var claims: [ClaimResult]
  /// What the reader should know about the files.
  var notes: [String]

  init(
    title: String, summary: String? = nil, parts: [String] = [], runs: [StoredRun],
    claims: [ClaimResult] = [], notes: [String] = []
  ) {
    self.title = title
    self.summary = summary
    self.parts = parts
    self.runs = runs
    placedRuns = runs
    self.claims = claims
    self.notes = notes
  }

  /// Reads `results.jsonl`, and `plan.yaml`, `study.yaml` and `claims.json` where they are.
  ///
  /// A last line without an end that cannot be read was being written when somebody stopped: it is
  /// left out with a note. Lines are read on all cores.
  ///
  /// - Throws: ``ReportError``.
  init(path: String) throws(ReportError) {
    let file = path + "/results.jsonl"
    guard let data = FileManager.default.contents(atPath: file) else {
      throw .missing(path: file)
    }
    notes = []
    // The plan's runs are worked out beside the reading, which takes longer.
    let planned = Planned(path + "/plan.yaml")
    defer { planned.wait() }
    let (found, isTorn) = try Self.runs(Array(data), file)
    guard !found.isEmpty else { throw .empty(path: file) }
    let plannedRuns = planned.wait()
    let (own, foreign) = plannedRuns?.divided(found) ?? (found, [])
    guard !own.isEmpty else {
      throw .foreign(path: file, ids: foreign.prefix(3).map(\.id))
    }
    runs = plannedRuns?.named(own) ?? own
    placedRuns = runs
    if !foreign.isEmpty {
      let shown = foreign.prefix(5).map(\.id).joined(separator: ", ")
      notes.append(
        "\(NumberText.counted(foreign.count, "record")) of results.jsonl "
          + "\(foreign.count == 1 ? "is" : "are") of another plan than plan.yaml and "
          + "\(foreign.count == 1 ? "was" : "were") left out: "
          + "\(shown)\(foreign.count > 5 ? ", …" : "").")
    }
    if isTorn {
      notes.append("The last line of results.jsonl is not complete and was left out.")
    }
    let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    let plan = try Self.description(path + "/plan.yaml")
    let study = try Self.description(path + "/study.yaml")
    title = study.title ?? plan.title ?? name
    summary = study.summary ?? plan.summary
    parts = plan.parts
    if parts.count > 1, let plannedRuns { placedRuns = plannedRuns.placed(runs) }
    claims = try Self.claims(path + "/claims.json")
  }

  /// The runs of the plan in a folder, worked out on a thread of its own.
  ///
  /// **Concurrency:** the mutex holds what was found; the group says when.
  private final class Planned: Sendable {
    private let found = Mutex<PlannedRuns?>(nil)
    private let group = DispatchGroup()

    init(_ path: String) {
      DispatchQueue(label: "lockstep.report.plan").async(group: group) { [self] in
        // A plan of another version, whose hash is another one now, is none to go by.
        guard let text = try? PlanText.read(path),
          let runs = try? SweepPlan(yaml: text, path: path).runs(limit: .max),
          [nil, runs.digest].contains(PlanDocument.digest(in: text))
        else { return }
        found.withLock { $0 = runs }
      }
    }

    /// The runs, as soon as they are there; `nil` where there is no plan to go by.
    @discardableResult
    func wait() -> PlannedRuns? {
      group.wait()
      return found.withLock { $0 }
    }
  }

  /// Reads lines, a stretch of them on each core.
  private static func runs(
    _ bytes: [UInt8], _ file: String
  ) throws(ReportError) -> ([StoredRun], isTorn: Bool) {
    let found = ResultLines(bytes)
    let lines = found.whole + [found.rest].compactMap(\.self)
    let stretch = 64
    let stretches = (lines.count + stretch - 1) / stretch
    struct Found {
      var runs: [[StoredRun]]
      var failures: [Int: String] = [:]
    }
    let results = Mutex(Found(runs: Array(repeating: [], count: stretches)))
    DispatchQueue.concurrentPerform(iterations: stretches) { index in
      var runs: [StoredRun] = []
      for line in index * stretch..<min(lines.count, (index + 1) * stretch) {
        do {
          runs.append(try StoredRun(line: lines[line].bytes))
        } catch {
          let reason = Self.reason(error)
          results.withLock { $0.failures[line] = reason }
        }
      }
      results.withLock { $0.runs[index] = runs }
    }
    let result = results.withLock { $0 }
    let runs = ResultLines.distinct(Array(result.runs.joined()))
    guard let first = result.failures.keys.min() else { return (runs, false) }
    if found.rest != nil, first == lines.count - 1 { return (runs, true) }
    throw .malformed(
      path: file, line: lines[first].number, reason: result.failures[first] ?? "it is not a run")
  }

  /// What the decoder found wrong, in a sentence.
  private static func reason(_ error: any Error) -> String {
    switch error {
    case let error as UnknownSchema: error.description
    case DecodingError.keyNotFound(let key, _):
      "it is not a run: '\(key.stringValue)' is missing"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "it is not a run: '\(context.codingPath.map(\.stringValue).joined(separator: "."))' "
        + "is of the wrong kind"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      "it is not a run: '\(context.codingPath.map(\.stringValue).joined(separator: "."))' "
        + "has a value that it cannot have"
    default: "it is not JSON"
    }
  }

  /// What a plan or a study says of itself; a file that is missing says nothing.
  private static func description(
    _ file: String
  ) throws(ReportError) -> (title: String?, summary: String?, parts: [String]) {
    guard let data = FileManager.default.contents(atPath: file) else { return (nil, nil, []) }
    let text = String(decoding: data, as: UTF8.self)
    do {
      let plan = try Yams.load(yaml: text) as? [String: Any]
      func line(_ keys: [String]) -> String? {
        keys.lazy.compactMap { plan?[$0] as? String }.first.map {
          $0.split(whereSeparator: \.isNewline).joined(separator: " ")
        }
      }
      let parts = plan?["parts"] as? [[String: Any]] ?? []
      return (
        line(["title", "name", "study"]), line(["summary", "question", "description"]),
        parts.compactMap { $0["name"] as? String }
      )
    } catch {
      throw .malformed(path: file, line: nil, reason: "it is not YAML")
    }
  }

  private static func claims(_ file: String) throws(ReportError) -> [ClaimResult] {
    guard let data = FileManager.default.contents(atPath: file) else { return [] }
    do {
      return try JSONDecoder().decode([ClaimResult].self, from: data)
    } catch {
      throw .malformed(path: file, line: nil, reason: reason(error))
    }
  }
}
