import LockstepCore
import LockstepModels

@testable import LockstepSimulator

/// How a gradient is computed at a view.
extension SlowSimulation {
  mutating func endCompute(_ worker: Int) {
    computed[worker] = clocks[worker] + 1
    let range = isBlocks ? ranges[worker] : 0..<model.parameterCount
    let computer = GradientComputer(
      model: model, range: range, batch: 1, seed: setup.seed, worker: 0)
    let view = views[worker].flatMap { $0 }
    var gradient = [Double](repeating: 0, count: range.count)
    view.withUnsafeBufferPointer { view in
      gradient.withUnsafeMutableBufferPointer { gradient in
        guard let view = view.baseAddress, let into = gradient.baseAddress else { return }
        computer.compute(
          at: view, examples: UnsafeBufferPointer(start: nil, count: 0), clock: clocks[worker],
          worker: isBlocks ? 0 : worker, range: range, into: into)
      }
    }
    gradients[worker] = gradient
    if setup.policy.rules(for: WorkerID(worker), of: workers).access == .racing { look(worker) }
    want(.apply, worker)
  }

  mutating func look(_ worker: Int) {
    if isBlocks {
      for shard in ranges.indices where shard != worker {
        delays[versions[shard] - seen[worker][shard], default: 0] += 1
      }
    } else {
      delays[updates - seenInAll[worker], default: 0] += 1
    }
  }
}
