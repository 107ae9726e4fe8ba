import LockstepCore
import LockstepTelemetry

/// A run that was stopped and can go on: its checkpoint, as far as it says which run it is of.
public struct SavedRun: Sendable {
  /// The file.
  public var path: String { file.path }
  /// The number of updates made.
  public let updates: Int

  let file: CheckpointFile
  let facts: RunFacts
  private let options: RunOptions

  /// Reads a checkpoint.
  ///
  /// - Throws: ``CheckpointError``.
  public init(path: String) throws(CheckpointError) {
    try self.init(CheckpointFile(path: path))
  }

  package init(_ file: CheckpointFile) throws(CheckpointError) {
    var options = RunOptions()
    guard let facts = RunFacts(file.facts),
      let updates = file.facts["updates"].flatMap({ Int($0) }),
      updates >= 0
    else {
      throw .unusable(path: file.path, reason: "the checkpoint doesn't say which run it is of")
    }
    for (name, text) in facts.options {
      guard (try? options.set(name, text)) != nil else {
        throw .unusable(
          path: file.path,
          reason:
            "the checkpoint is of a run with --\(name), which this version of lockstep doesn't have"
        )
      }
    }
    self.file = file
    self.facts = facts
    self.options = options
    self.updates = updates
  }

  /// The folder that the run's results were to go to, if any.
  public var outputFolder: String? { facts.outputFolder }

  /// Where the next checkpoints go unless somebody says otherwise: here, as often as before.
  var specification: CheckpointSpecification {
    CheckpointSpecification(path: path, seconds: facts.seconds)
  }

  // MARK: Which run

  /// The configuration of the run that goes on.
  ///
  /// - Parameter given: options given anew: how long the run is, where results go and how many threads of the
  ///   host help it may change; all others have to agree with the checkpoint.
  /// - Throws: ``CheckpointError`` for an option that differs; ``ConfigurationError`` for a length that the run
  ///   cannot be given any more.
  public func configuration(changing given: RunOptions) throws -> RunConfiguration {
    let before = try configuration(options)
    var changed = options
    for name in given.names {
      switch name {
      case "updates", "epochs":
        try changed.set("updates", given["updates"])
        try changed.set("epochs", given["epochs"])
      case "save", "calibrate", "host-threads": try changed.set(name, given[name])
      default: try requireSame(name, given, before)
      }
    }
    let after = try changed.configuration()
    let isLonger = ["updates", "epochs"].contains {
      RunIdentity.value(of: $0, in: before) != RunIdentity.value(of: $0, in: after)
    }
    if isLonger { try checkLength(after, given["updates"] == nil ? "--epochs" : "--updates") }
    return after
  }

  private func configuration(_ options: RunOptions) throws(CheckpointError) -> RunConfiguration {
    do throws(ConfigurationError) {
      return try options.configuration()
    } catch {
      throw .unusable(
        path: path, reason: "the checkpoint is of a run that cannot be made here: \(error)")
    }
  }

  private func requireSame(
    _ name: String, _ given: RunOptions, _ before: RunConfiguration
  ) throws {
    // The option alone: whatever it makes with the others, it differs.
    var other = before
    other.virtual.faults = []
    try RunOptions.option(named: name).apply(given[name] ?? "", to: &other)
    let wanted = RunIdentity.value(of: name, in: other)
    let there = RunIdentity.value(of: name, in: before)
    guard wanted != there else { return }
    let had = there.map { "with --\(name) \($0)" } ?? "without --\(name)"
    throw CheckpointError.unusable(
      path: path,
      reason:
        "the checkpoint is of a run \(had), not with \(wanted ?? "another"); leave the option out")
  }

  /// Refuses to change the length of a run whose results so far depend on it.
  private func checkLength(
    _ configuration: RunConfiguration, _ option: String
  ) throws(ConfigurationError) {
    if configuration.engine == .virtual {
      throw .conflict(
        reason:
          "\(option): the averages of a run in virtual time are taken at points that depend on its length, "
          + "so a run that goes on keeps its length; leave the option out")
    }
    let schedule = configuration.resolvedSchedule
    if schedule.fallsToZero {
      throw .conflict(
        reason:
          "\(option): the rate of the run falls to 0 at its end (--schedule \(schedule.specification)), so a "
          + "run that goes on keeps its length; leave the option out")
    }
  }

  /// Refuses a run whose data, model or length aren't those of the checkpoint.
  ///
  /// - Throws: ``CheckpointError`` or ``ConfigurationError``.
  func check(_ resolved: ResolvedRun, _ prepared: PreparedModel) throws {
    func refuse(_ reason: String) -> CheckpointError {
      .unusable(path: path, reason: "the checkpoint is of \(reason)")
    }
    let now = RunFacts(resolved, prepared, seconds: facts.seconds)
    guard now.data == facts.data else {
      let name = prepared.data?.specification ?? "none"
      throw refuse("other data: those of --data \(name) have changed since")
    }
    for name in Set(now.files.keys).union(facts.files.keys).sorted()
    where now.files[name] != facts.files[name] {
      let text = RunIdentity.value(of: name, in: resolved.configuration) ?? ""
      throw refuse("another run: the file of --\(name) \(text) has changed since")
    }
    guard now.parameterCount == facts.parameterCount else {
      throw refuse(
        "another model: it has \(NumberText.counted(facts.parameterCount, "parameter")), this one has "
          + NumberText.grouped(now.parameterCount))
    }
    for name in Set(now.values.keys).union(facts.values.keys).sorted()
    where !RunFacts.changing.contains(name) {
      guard now.values[name] ?? .null == facts.values[name] ?? .null else {
        throw refuse("another run: its '\(name)' differs")
      }
    }
    let engine = resolved.engine
    guard updates <= engine.updates else {
      throw ConfigurationError.invalid(
        option: "--updates", value: "\(engine.updates)",
        reason: "the checkpoint has made \(NumberText.counted(updates, "update")) already")
    }
    let rounds = engine.budget
    guard
      updates == rounds.pausePoint(atOrAfter: updates) || !rounds.stepsInRounds
        || facts.values["updates"] == now.values["updates"]
    else {
      throw ConfigurationError.conflict(
        reason: "--updates: the run had ended in the middle of a round, and cannot be made longer")
    }
  }
}
