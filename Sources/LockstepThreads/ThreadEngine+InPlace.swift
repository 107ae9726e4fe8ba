import LockstepCore
import LockstepModels
import LockstepParameters

extension ThreadEngine {
  /// How to make in-place workers for a model, or `nil` where they don't do.
  ///
  /// They do for a model that supports them, under plain gradient descent without clipping; in `blocks` only where
  /// each worker's shard fills at least a cache line: shorter ones would mostly share one.
  static func inPlaceFactory(
    model: Model, configuration: EngineConfiguration
  ) -> ((SharedRun<Model>, Int) -> any EngineWorker)? {
    guard updatesInPlace(model, configuration: configuration),
      let sparse = model as? any InPlaceObjective
    else { return nil }
    return factory(of: sparse)
  }

  /// Whether the workers of a run update the shared vector where it stands, without views and
  /// gradients of their own.
  public static func updatesInPlace(_ model: Model, configuration: EngineConfiguration) -> Bool {
    guard configuration.optimizer == .sgd, configuration.clip == nil,
      let sparse = model as? any InPlaceObjective,
      sparse.supportsInPlace
    else { return false }
    if configuration.decomposition == .blocks {
      let lineScalars = ShardLayout.cacheLineBytes / MemoryLayout<Model.Scalar>.stride
      return model.parameterCount >= lineScalars * configuration.workers
    }
    return true
  }

  private static func factory<Sparse: InPlaceObjective>(
    of model: Sparse
  ) -> ((SharedRun<Model>, Int) -> any EngineWorker)? {
    // `Sparse` is `Model`, seen through the protocol it also conforms to.
    { run, index in
      guard let run = run as? SharedRun<Sparse> else {
        preconditionFailure("a run's model is the engine's model")
      }
      return InPlaceWorker(run, index: index)
    }
  }
}
