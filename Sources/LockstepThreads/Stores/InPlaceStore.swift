import LockstepCore
import LockstepModels
import LockstepParameters
import LockstepTelemetry

/// A store that reads and updates the shared vector where it stands, coordinate by coordinate.
///
/// It serves models whose examples touch few parameters, under plain gradient descent. It makes no view, so
/// nothing can be torn; staleness is counted on the others' clocks.
final class InPlaceStore<Scalar: ModelScalar>: ParameterStore {
  let steps: InPlaceSteps<Scalar>?

  private let run: SharedRun<Scalar>
  private let model: any InPlaceObjective<Scalar>
  private let range: Range<Int>
  private let workspace: AnyObject
  /// The workspaces whose gradients an update is made of: the worker's own, or everybody's.
  @exclusivity(unchecked) private var workspaces: [AnyObject]
  /// Where gradients are added up before they move anything: under policies that leave no choice of the
  /// order, so that the bits are those of a worker with a view; `nil` under the others, where a
  /// minibatch moves the parameters example by example.
  private let sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)?

  var view: ParameterView<Scalar>? { nil }

  init(_ run: SharedRun<Scalar>, _ model: any InPlaceObjective<Scalar>, index: Int) {
    let configuration = run.configuration
    let layout = run.parameters.layout
    let rules = run.rules[index]
    let isBlocks = configuration.decomposition == .blocks
    precondition(layout.isContiguous, "in place, parameter i stands at offset i")
    self.run = run
    self.model = model
    range =
      isBlocks || run.isJoint
      ? (index < layout.shardCount ? layout.ranges[index] : 0..<0) : 0..<layout.parameterCount
    workspace = model.makeWorkspace(
      batch: configuration.largestMinibatch(exampleCount: model.trainingCount),
      range: 0..<layout.parameterCount)
    workspaces = [workspace]
    let isFused =
      !isBlocks && rules.access == .racing && rules.apply.subject == .nobody
      && configuration.batch == 1 && configuration.minibatches == nil
    steps = isFused ? InPlaceSteps(run, model, index: index) : nil
    if rules.isDeterministic && !isFused {
      func zeros(_ count: Int) -> UnsafeMutablePointer<Scalar> {
        let vector = UnsafeMutablePointer<Scalar>.allocate(capacity: count)
        vector.initialize(repeating: 0, count: count)
        return vector
      }
      sums = (zeros(layout.parameterCount), zeros(run.isJoint ? layout.parameterCount : 1))
    } else {
      sums = nil
    }
  }

  deinit {
    sums?.0.deallocate()
    sums?.1.deallocate()
  }

  func join(_ stores: [InPlaceStore]) { workspaces = stores.map(\.workspace) }

  @inline(__always)
  func read(_ examples: UnsafeBufferPointer<Int32>) {
    model.prepareInPlace(at: run.parameters.values, examples: examples, erased: workspace)
  }

  /// Does nothing: the gradient is prepared as its coordinates are read.
  @inline(__always)
  func computeGradient(_ examples: UnsafeBufferPointer<Int32>, clock: Int) {}

  @inline(__always)
  func push(number: Int, noting trace: TraceBuffer?) {
    let rate = run.optimizer.rate(at: number)
    if let sums {
      guard !range.isEmpty else { return }
      model.applyMeanInPlace(
        erased: workspaces, to: run.parameters.values, range: range, rate: rate,
        weight: run.gradientWeight, sums: sums)
    } else {
      model.applyInPlace(erased: workspace, to: run.parameters.values, range: range, rate: rate)
    }
  }
}
