import LockstepCore
import LockstepModels

/// Room for one observation, in the run's own precision.
///
/// **Concurrency:** belongs to one thread at a time.
final class ObservationSlot<Scalar: ModelScalar> {
  /// `w`, `[n]`.
  let parameters: UnsafeMutablePointer<Scalar>
  /// `ŵ`, `[n]`.
  let view: UnsafeMutablePointer<Scalar>
  /// The optimiser's state, `[n]` each.
  let state: [UnsafeMutablePointer<Scalar>]
  /// What else there is to know; `nil` in an empty slot.
  var facts: Facts?

  /// Everything about an observed update but its vectors.
  struct Facts {
    var update: Int
    var worker: Int
    var clock: Int
    var range: Range<Int>
    var hasView: Bool
    var rate: Double
    var step: Int
  }

  private let count: Int
  private let examples: UnsafeMutableBufferPointer<Int32>
  private var exampleCount = 0

  /// Allocates the memory.
  init(parameters count: Int, stateVectors: Int, examples: Int) {
    func allocate() -> UnsafeMutablePointer<Scalar> {
      let vector = UnsafeMutablePointer<Scalar>.allocate(capacity: count)
      vector.initialize(repeating: 0, count: count)
      return vector
    }
    self.count = count
    parameters = allocate()
    view = allocate()
    state = (0..<stateVectors).map { _ in allocate() }
    self.examples = .allocate(capacity: max(1, examples))
    self.examples.initialize(repeating: 0)
  }

  deinit {
    parameters.deallocate()
    view.deallocate()
    for vector in state { vector.deallocate() }
    examples.deallocate()
  }

  /// Forgets the examples.
  func clearExamples() { exampleCount = 0 }

  /// Adds the examples of a minibatch.
  func add(_ minibatch: UnsafeBufferPointer<Int32>) {
    for example in minibatch {
      examples[exampleCount] = example
      exampleCount += 1
    }
  }

  /// Empties the slot.
  ///
  /// - Returns: what was in it; `nil` if nothing was, or it was taken back.
  func take() -> StepObservation? {
    guard let facts else { return nil }
    self.facts = nil
    func widened(_ vector: UnsafeMutablePointer<Scalar>) -> [Double] {
      (0..<count).map { Double(vector[$0]) }
    }
    return StepObservation(
      update: facts.update, worker: facts.worker, clock: facts.clock, range: facts.range,
      parameters: widened(parameters), view: facts.hasView ? widened(view) : nil,
      examples: Array(examples[..<exampleCount]), state: state.map(widened), rate: facts.rate,
      step: facts.step)
  }
}
