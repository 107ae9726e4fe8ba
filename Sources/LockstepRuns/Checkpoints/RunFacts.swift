import Foundation
import LockstepCore
import LockstepTelemetry

/// What a checkpoint says of its run, beside the state: every option, and digests of what was read from files.
struct RunFacts: Equatable {
  /// The options, by name, as far as results depend on them.
  let options: [String: String]
  /// Every option, resolved, as in the record.
  let values: [String: ConfigurationValue]
  /// The digest of the data; empty for a model without data.
  let data: String
  /// The digest of each other file that an option names.
  let files: [String: String]
  let parameterCount: Int
  let lossEvery: Int
  let seconds: Double
  /// The folder that results go to; `nil` for none.
  var outputFolder: String?

  /// The options that may be given anew when a run goes on, as the record names them.
  static let changing: Set<String> = ["updates", "epochs", "save"]

  init(_ resolved: ResolvedRun, _ prepared: PreparedModel, seconds: Double) {
    let configuration = resolved.configuration
    var options: [String: String] = [:]
    for option in RunOptions.table {
      options[option.name] = RunIdentity.value(of: option.name, in: configuration)
    }
    // No result depends on it, but that is where the parameters go.
    options["save"] = configuration.savePath
    self.options = options
    values = resolved.values(prepared)
    data = prepared.dataDigest
    files = configuration.namedFiles.compactMapValues(Self.digest)
    parameterCount = prepared.parameterCount
    lossEvery = resolved.engine.lossEvery
    self.seconds = seconds
  }

  /// The facts of a checkpoint file, or `nil` where they are none of a run.
  init?(_ facts: [String: String]) {
    guard let options = Self.read([String: String].self, facts["options"]),
      let values = Self.read([String: ConfigurationValue].self, facts["configuration"]),
      let files = Self.read([String: String].self, facts["files"]), let data = facts["data"],
      let parameterCount = facts["parameters"].flatMap({ Int($0) }),
      let lossEvery = facts["lossEvery"].flatMap({ Int($0) }), lossEvery > 0,
      let seconds = facts["every"].flatMap({ Double($0) }), seconds > 0
    else { return nil }
    self.options = options
    self.values = values
    self.data = data
    self.files = files
    self.parameterCount = parameterCount
    self.lossEvery = lossEvery
    self.seconds = seconds
    outputFolder = facts["out"]
  }

  /// The facts as a checkpoint file holds them.
  ///
  /// - Parameter updates: the number of updates made.
  func texts(updates: Int) -> [String: String] {
    var texts = [
      "options": Self.text(options), "configuration": Self.text(values), "files": Self.text(files),
      "data": data, "parameters": "\(parameterCount)", "lossEvery": "\(lossEvery)",
      "every": "\(seconds)", "updates": "\(updates)",
    ]
    texts["out"] = outputFolder
    return texts
  }

  private static func text(_ value: some Encodable) -> String {
    (try? JSONEncoder.line.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  private static func read<Value: Decodable>(_ type: Value.Type, _ text: String?) -> Value? {
    text.flatMap { try? JSONDecoder().decode(type, from: Data($0.utf8)) }
  }

  /// The digest of a regular file; `nil` for anything else.
  private static func digest(ofFile path: String) -> String? {
    guard InputFile.startOfRegularFile(path, count: 0) != nil,
      let contents = try? InputFile.read(path)
    else { return nil }
    var digest = ContentDigest()
    contents.withUnsafeBytes { digest.add($0) }
    return digest.text
  }
}

extension RunConfiguration {
  /// The files that options name, beside the data, by the options' names.
  fileprivate var namedFiles: [String: String] {
    func path(_ law: ServiceSpecification?) -> String? {
      switch law {
      case .trace(let path), .calibrated(let path): path
      default: nil
      }
    }
    var files: [String: String] = [:]
    files["init"] = initialParametersPath
    files["batches"] = minibatchesPath
    files["service"] = path(virtual.service)
    files["read-time"] = path(virtual.readTime)
    files["apply-time"] = path(virtual.applyTime)
    if case .trace(let path) = virtual.delay { files["delay"] = path }
    if case .file(let path) = resolvedSchedule.shape { files["schedule"] = path }
    if case .quadratic(let quadratic) = model.kind, case .file(let path) = quadratic.matrix {
      files["model"] = path
    }
    return files
  }
}
