import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// A store that copies the shards to a view, computes the gradient there, and applies it shard by shard.
///
/// It serves every model under every policy.
final class ViewStore<Scalar: ModelScalar>: ParameterStore {
  // What an update touches, taken out of ``SharedRun`` once: reading it there would count references.
  private let values: UnsafeMutablePointer<Scalar>
  private let places: UnsafePointer<ShardPlace>
  private let versions: ShardVersions
  private let optimizer: Optimizer<Scalar>
  private let state: OptimizerState<Scalar>
  private let gradientWeight: Scalar
  private let isJoint: Bool
  private let index: Int
  private let isBlocks: Bool
  private let isExclusive: Bool
  private let copy: ParameterView<Scalar>
  private let computer: GradientComputer<Scalar>
  /// The mean gradient of a joint step, by the parameters of the worker's own shard.
  private let mean: UnsafeMutablePointer<Scalar>?
  /// Every worker's gradient.
  @exclusivity(unchecked) private var gradients =
    UnsafeMutableBufferPointer<UnsafeMutablePointer<Scalar>>(start: nil, count: 0)

  var view: ParameterView<Scalar>? { copy }
  var steps: InPlaceSteps<Scalar>? { nil }

  init(_ run: SharedRun<Scalar>, index: Int) {
    let configuration = run.configuration
    let layout = run.parameters.layout
    values = run.parameters.values
    places = run.parameters.places
    versions = run.parameters.versions
    optimizer = run.optimizer
    state = run.optimizerState
    gradientWeight = run.gradientWeight
    isJoint = run.isJoint
    self.index = index
    isBlocks = configuration.decomposition == .blocks
    isExclusive = run.rules[index].access == .exclusive
    copy = ParameterView(of: run.parameters)
    computer = GradientComputer(
      model: run.model, range: isBlocks ? layout.ranges[index] : 0..<layout.parameterCount,
      batch: configuration.largestMinibatch(exampleCount: run.model.trainingCount),
      seed: configuration.seed, worker: isBlocks ? 0 : index, clip: configuration.clip)
    if run.isJoint, index < layout.shardCount {
      let buffer = UnsafeMutablePointer<Scalar>.allocate(capacity: layout.ranges[index].count)
      buffer.initialize(repeating: 0, count: layout.ranges[index].count)
      mean = buffer
    } else {
      mean = nil
    }
  }

  deinit {
    mean?.deallocate()
    gradients.deallocate()
  }

  func join(_ stores: [ViewStore]) {
    gradients.deallocate()
    gradients = .allocate(capacity: stores.count)
    _ = gradients.initialize(from: stores.map(\.computer.gradient))
  }

  @inline(__always)
  func read(_ examples: UnsafeBufferPointer<Int32>) { copy.refresh() }

  @inline(__always)
  func computeGradient(_ examples: UnsafeBufferPointer<Int32>, clock: Int) {
    computer.compute(at: copy.values, examples: examples, clock: clock)
  }

  @inline(__always)
  func push(number: Int, noting trace: TraceBuffer?) {
    if isBlocks {
      apply(computer.gradient, to: index, number, trace, exclusive: true)
    } else if isJoint {
      guard let mean else { return }
      let place = places[index]
      for worker in 0..<gradients.count {
        VectorSum.accumulate(
          gradients[worker] + place.start, scale: gradientWeight, into: mean, count: place.count,
          overwrite: worker == 0)
      }
      apply(mean, to: index, number, trace, exclusive: true)
    } else {
      // Each worker starts at its own shard, so that they don't queue for the same cache lines.
      for step in 0..<copy.shardCount {
        let shard = (step + index) % copy.shardCount
        apply(
          computer.gradient + places[shard].start, to: shard, number, trace,
          exclusive: isExclusive)
      }
    }
  }

  /// Applies one update to one shard.
  ///
  /// - Parameters:
  ///   - gradient: the shard's gradient, private.
  ///   - shard: the shard.
  ///   - number: the number of the update in the run.
  ///   - trace: where the version that it makes is noted down, if anywhere.
  ///   - exclusive: whether nobody else can be updating the shard.
  @inline(__always)
  private func apply(
    _ gradient: UnsafePointer<Scalar>, to shard: Int, _ number: Int, _ trace: TraceBuffer?,
    exclusive: Bool
  ) {
    let place = places[shard]
    let before = versions.begin(shard, exclusive: exclusive)
    if let trace { trace.applied[shard] = before + 1 }
    optimizer.apply(
      gradient, to: values, state: state, offset: place.offset, count: place.count,
      step: before + 1, number: number)
    versions.end(shard, exclusive: exclusive)
  }
}
