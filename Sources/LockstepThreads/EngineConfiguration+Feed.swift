import LockstepModels

extension EngineConfiguration {
  /// The feed of one worker's minibatches.
  func feed(exampleCount: Int, worker: Int) -> MinibatchFeed {
    MinibatchFeed(
      decomposition: decomposition, budget: budget, batch: batch, sampling: sampling,
      minibatches: minibatches, seed: seed, exampleCount: exampleCount, worker: worker)
  }

  /// The largest number of examples a minibatch of the run can hold.
  func largestMinibatch(exampleCount: Int) -> Int {
    MinibatchFeed.capacity(batch: batch, minibatches: minibatches, exampleCount: exampleCount)
  }
}
