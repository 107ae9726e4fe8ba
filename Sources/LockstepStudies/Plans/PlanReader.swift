import LockstepCore
import Yams

/// Reads the pieces of a plan out of YAML nodes.
struct PlanReader {
  /// What to call the file.
  let path: String

  /// The keys of a block of options and axes.
  static let layerKeys = ["options", "parameters", "zip", "quick", "full"]

  func place(_ node: Node) -> PlanPlace { .file(path: path, line: node.mark?.line) }

  /// Reads the one document of a file.
  func compose(_ text: String) throws(PlanError) -> Node {
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw PlanError.file(path: path, line: nil, reason: "the file is empty; write a plan")
      }
      return node
    } catch let error as PlanError {
      throw error
    } catch let error as YamlError {
      throw Self.planError(error, path: path)
    } catch {
      throw .file(path: path, line: nil, reason: "is no YAML: \(error)")
    }
  }

  private static func planError(_ error: YamlError, path: String) -> PlanError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      .file(path: path, line: mark.line, reason: "is no YAML here (\(problem))")
    case .duplicatedKeysInMapping(let keys, let context):
      .file(
        path: path, line: context.mark.line,
        reason: "\(keys.sorted().joined(separator: ", ")) is given twice in one block")
    case .reader(let problem, _, _, let text):
      .file(path: path, line: Self.controlLine(text), reason: "is no YAML here (\(problem))")
    default: .file(path: path, line: nil, reason: "is no YAML")
    }
  }

  /// The line of the first character that no YAML may have; `nil` where there is none of them.
  private static func controlLine(_ text: String) -> Int? {
    let isControl = { (byte: UInt8) in byte < 0x20 && ![0x09, 0x0A, 0x0D].contains(byte) }
    guard let place = text.utf8.firstIndex(where: isControl) else { return nil }
    return text.utf8[..<place].count { $0 == 0x0A } + 1
  }

  /// Reads a mapping, and refuses keys that nobody knows.
  func mapping(_ node: Node, of what: String, keys: [String]) throws(PlanError) -> [String: Node] {
    var result: [String: Node] = [:]
    for (key, value) in try pairs(node, of: what) {
      guard keys.contains(key.text) else {
        throw key.place.error(
          "\(what) has no '\(key.text)'\(Suggestion.among(keys, for: key.text))")
      }
      result[key.text] = value
    }
    return result
  }

  /// A key of a mapping.
  struct Key {
    var text: String
    var place: PlanPlace
  }

  /// Reads a mapping, in its own order.
  func pairs(_ node: Node, of what: String) throws(PlanError) -> [(Key, Node)] {
    guard case .mapping(let mapping) = node else {
      throw place(node).error("\(what) is not made of NAME: VALUE pairs")
    }
    var result: [(Key, Node)] = []
    for (key, value) in mapping {
      result.append((Key(text: try text(key, of: "a key"), place: place(key)), value))
    }
    return result
  }

  /// Reads a list that isn't empty.
  func filled(_ node: Node, of what: String) throws(PlanError) -> [Node] {
    let items = try sequence(node, of: what)
    guard !items.isEmpty else { throw place(node).error("\(what) is an empty list") }
    return items
  }

  /// Reads a list.
  func sequence(_ node: Node, of what: String) throws(PlanError) -> [Node] {
    guard case .sequence(let sequence) = node else {
      throw place(node).error("\(what) is not a list; write [FIRST, SECOND]")
    }
    return Array(sequence)
  }

  /// Reads text or a number, as it is written.
  func text(_ node: Node, of what: String) throws(PlanError) -> String {
    guard case .scalar(let scalar) = node else {
      throw place(node).error("\(what) is not a single value")
    }
    let isMissing =
      scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    guard !isMissing else { throw place(node).error("\(what) has no value") }
    return scalar.string
  }

  /// Reads `repetitions: {runs: COUNT, seconds: LENGTH}`.
  func repetitions(_ node: Node) throws(PlanError) -> Repetitions {
    let fields = try mapping(node, of: "repetitions", keys: ["runs", "seconds"])
    guard let runs = fields["runs"], let count = Int(try text(runs, of: "the number of runs"))
    else {
      throw place(node).error("write repetitions: {runs: COUNT}, and how many seconds each lasts")
    }
    var seconds: Double?
    if let node = fields["seconds"] {
      seconds = Double(try text(node, of: "the length of a run")) ?? .nan
    }
    do throws(ConfigurationError) {
      return try Repetitions(runs: count, seconds: seconds)
    } catch {
      throw place(node).error(PlanOptions.sentence(error))
    }
  }

  /// Reads `bisect: {learning-rate: TOLERANCE, stability: KIND}`.
  func bisection(_ node: Node) throws(PlanError) -> (tolerance: Double, stability: Stability) {
    let fields = try mapping(node, of: "bisect", keys: ["learning-rate", "stability"])
    guard let entry = fields["learning-rate"],
      let tolerance = Double(try text(entry, of: "the tolerance")), tolerance > 0, tolerance <= 1
    else {
      throw place(node).error("write bisect: {learning-rate: TOLERANCE}, above 0 and at most 1")
    }
    guard let kind = fields["stability"] else { return (tolerance, .path) }
    guard let stability = Stability(rawValue: try text(kind, of: "the stability")) else {
      let kinds = Stability.allCases.map(\.rawValue).joined(separator: ", ")
      throw place(kind).error("the stability of a search is one of \(kinds)")
    }
    return (tolerance, stability)
  }
}
