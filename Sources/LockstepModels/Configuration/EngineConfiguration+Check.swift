import LockstepCore

extension EngineConfiguration {
  /// Refuses what doesn't go together with a model, before anything is allocated.
  ///
  /// - Parameters:
  ///   - model: the objective.
  ///   - engine: which engine carries the run out.
  /// - Throws: ``ConfigurationError`` or ``DataError`` with a sentence that says what to do.
  package func check(_ model: some Objective, on engine: EngineChoice) throws {
    try engine.check(workers: workers)
    let count = model.parameterCount
    if decomposition == .blocks, count < workers {
      throw ConfigurationError.invalid(
        option: "--workers", value: "\(workers)",
        reason: "with --decomposition blocks every worker owns at least one parameter, and this "
          + "model has \(count); take at most \(NumberText.counted(count, "worker")) or "
          + "--decomposition samples")
    }
    if let initialParameters, initialParameters.count != count {
      throw DataError.unsuitable(
        reason: "--init: the file holds "
          + "\(NumberText.counted(initialParameters.count, "parameter")), this model has "
          + NumberText.grouped(count))
    }
    if let minibatches, model.trainingCount > 0 { try check(minibatches) }
  }

  private func check(_ file: MinibatchFile) throws(DataError) {
    let budget = budget
    let isShared = decomposition == .blocks
    let needed = isShared ? budget.iterations(of: WorkerID(0), within: updates) : updates
    if budget.isJoint {
      for line in 0..<min(needed, file.count) {
        let count = file.offsets[line + 1] - file.offsets[line]
        guard count % workers == 0 else {
          throw .unsuitable(
            reason: "--batches \(file.path), line \(line + 1): "
              + "\(NumberText.counted(count, "example")) cannot be shared evenly by "
              + NumberText.counted(workers, "worker"))
        }
      }
    }
    guard file.count >= needed else {
      throw .unsuitable(
        reason: "--batches \(file.path): \(NumberText.counted(file.count, "line is", "lines are")) "
          + "too few, the run needs \(needed); make fewer updates or add lines")
    }
  }
}
