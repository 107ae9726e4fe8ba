import LockstepCore

/// Why the engine of real threads cannot run, or had to give up.
public enum EngineError: Error, Equatable, Sendable, CustomStringConvertible {
  /// More workers than Dispatch starts threads for.
  case tooManyWorkers(Int)
  /// Fewer parameters than workers that each need a shard.
  case tooFewParameters(parameters: Int, workers: Int)
  /// The given parameters are not as many as the model has.
  case wrongParameterCount(given: Int, expected: Int)
  /// The given minibatches are too few.
  case tooFewMinibatches(path: String, lines: Int, needed: Int)
  /// A joint update's minibatch cannot be shared evenly.
  case unevenMinibatch(path: String, line: Int, count: Int, workers: Int)

  /// The sentence for the person who sees it.
  public var description: String {
    switch self {
    case .tooManyWorkers(let count):
      let reason = EngineChoice.threads.complaint(workers: count) ?? "that is too many"
      return "--workers \(count): \(reason)"
    case .tooFewParameters(let parameters, let workers):
      return "--workers \(workers): with --decomposition blocks every worker owns at least one "
        + "parameter, and this model has \(parameters); take at most "
        + "\(NumberText.counted(parameters, "worker")) or --decomposition samples"
    case .wrongParameterCount(let given, let expected):
      return "--init: the file holds \(NumberText.counted(given, "parameter")), this model has "
        + NumberText.grouped(expected)
    case .tooFewMinibatches(let path, let lines, let needed):
      return "--batches \(path): \(NumberText.counted(lines, "line is", "lines are")) too few, "
        + "the run needs \(needed); make fewer updates or add lines"
    case .unevenMinibatch(let path, let line, let count, let workers):
      return "--batches \(path), line \(line): \(NumberText.counted(count, "example")) cannot be "
        + "shared evenly by \(NumberText.counted(workers, "worker"))"
    }
  }
}
