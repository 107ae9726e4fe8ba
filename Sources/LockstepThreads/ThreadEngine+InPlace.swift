import LockstepCore
import LockstepModels
import LockstepParameters

extension ThreadEngine {
  /// Whether the workers of a run update the shared vector where it stands, without views and
  /// gradients of their own.
  public static func updatesInPlace(
    _ model: any Objective<Scalar>, configuration: EngineConfiguration
  ) -> Bool {
    inPlaceModel(model, configuration) != nil
  }

  /// The model as one that is updated in place, or `nil` where it isn't.
  ///
  /// It is where it supports that, under plain gradient descent without clipping, where nobody is told of
  /// views; in `blocks` only where each worker's shard fills at least a cache line: shorter ones would
  /// mostly share one.
  static func inPlaceModel(
    _ model: any Objective<Scalar>, _ configuration: EngineConfiguration
  ) -> (any InPlaceObjective<Scalar>)? {
    guard configuration.optimizer == .sgd, configuration.clip == nil, !configuration.needsViews,
      let model = model as? any InPlaceObjective<Scalar>, model.supportsInPlace
    else { return nil }
    let lineScalars = ShardLayout.cacheLineBytes / MemoryLayout<Scalar>.stride
    let fillsLines = model.parameterCount >= lineScalars * configuration.workers
    return configuration.decomposition == .samples || fillsLines ? model : nil
  }
}
