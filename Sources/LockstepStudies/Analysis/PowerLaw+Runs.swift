import LockstepCore

extension PowerLaw {
  /// Fits how one number of a run grows with another.
  ///
  /// - Parameters:
  ///   - y: what was measured, such as `noise.interaction[current].relative`.
  ///   - x: what was varied, such as `parameterCount`.
  ///   - runs: the runs; those without either number are left out and not counted.
  /// - Returns: `nil` with fewer than two different `x`.
  public init?(_ y: Metric, against x: Metric, in runs: [StoredRun]) {
    self.init(
      runs.compactMap { run in
        guard let x = x.value(in: run), let y = y.value(in: run) else { return nil }
        return Point(x: x, y: y, seed: run.seed)
      })
  }
}
