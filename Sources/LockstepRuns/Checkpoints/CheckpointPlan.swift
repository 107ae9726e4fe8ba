import LockstepCore
import LockstepTelemetry

/// What a run does about checkpoints: where they go, how often, and which one it goes on from.
public struct CheckpointPlan: Sendable {
  /// Where they go, and how often.
  public var specification: CheckpointSpecification
  /// The run that goes on; `nil` for one that begins.
  public var resumed: SavedRun?
  /// The folder that the run's results go to, which a run that goes on keeps.
  public var outputFolder: String?
  /// Called before a checkpoint is written.
  public var willWrite: @Sendable () -> Void = {}
  /// Called after that, with what went wrong; the run goes on all the same.
  public var didWrite: @Sendable (OutputError?) -> Void = { _ in }

  /// Plans the checkpoints of a run.
  ///
  /// - Parameters:
  ///   - specification: where they go; `nil` for where the resumed run's went.
  ///   - resumed: the run that goes on; `nil` for one that begins.
  /// - Returns: `nil` where nobody asks for checkpoints.
  public init?(_ specification: CheckpointSpecification?, resuming resumed: SavedRun?) {
    guard let specification = specification ?? resumed?.specification else { return nil }
    self.specification = specification
    self.resumed = resumed
  }

  /// Refuses what a checkpoint cannot hold.
  ///
  /// - Throws: ``ConfigurationError``.
  public func check(_ configuration: RunConfiguration) throws(ConfigurationError) {
    if configuration.recordsTrace || configuration.calibrationPath != nil {
      let option = configuration.recordsTrace ? "--trace or --record trace" : "--calibrate"
      throw .conflict(
        reason:
          "a checkpoint doesn't hold the iterations that \(option) keeps; leave out one of the two")
    }
    if let replicas = configuration.virtual.replicas, replicas > 1 {
      throw .conflict(
        reason:
          "a checkpoint holds one run, and --replicas \(replicas) makes several; leave out --checkpoint, "
          + "or make the replicas runs of a sweep (lockstep sweep seed=…), which resumes by itself")
    }
  }

  /// Refuses to write over a file that is no checkpoint.
  ///
  /// - Throws: ``OutputError``.
  public func checkFile() throws(OutputError) {
    let path = specification.path
    guard let start = InputFile.startOfRegularFile(path, count: CheckpointFile.markLength),
      !start.isEmpty, !CheckpointFile.isMark(start)
    else { return }
    throw OutputError(
      path: path, reason: "there is a file that is no checkpoint; take another name, or remove it")
  }

  /// Makes the keeper of a run's checkpoints.
  func keeper(of resolved: ResolvedRun, _ prepared: PreparedModel) -> CheckpointKeeper {
    var identity = RunFacts(resolved, prepared, seconds: specification.seconds)
    identity.outputFolder = outputFolder
    let timer = Timer()
    let (facts, specification) = (identity, specification)
    let (willWrite, didWrite) = (willWrite, didWrite)
    return CheckpointKeeper(
      resuming: resumed?.file,
      due: { timer.seconds >= specification.seconds },
      write: { updates, arrays in
        willWrite()
        didWrite(Self.write(facts.texts(updates: updates), arrays, to: specification.path))
        timer.restart()
      })
  }

  private static func write(
    _ facts: [String: String], _ arrays: [ArchivedArray], to path: String
  ) -> OutputError? {
    do throws(SystemCallError) {
      try CheckpointFile.encode(facts, arrays) { pieces throws(SystemCallError) in
        try OutputFile.write(pieces, to: path)
      }
      return nil
    } catch {
      return OutputError(path: path, error)
    }
  }

  /// The time since the last checkpoint.
  private final class Timer {
    private var start = ContinuousClock.now
    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
    func restart() { start = .now }
  }
}
