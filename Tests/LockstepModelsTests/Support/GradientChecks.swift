import LockstepCore
import LockstepModels
import LockstepParameters
import Synchronization
import Testing

/// `count` standard normals times `scale`.
func normals(_ count: Int, seed: UInt64, scale: Double = 1) -> [Double] {
  var stream = RandomStream(seed: seed, purpose: .syntheticData)
  return (0..<count).map { _ in scale * stream.normal() }
}

/// The same numbers in single precision.
func single(_ numbers: [Double]) -> [Float] {
  numbers.map { (number: Double) -> Float in Float(number) }
}

/// `0 ..< count` as example numbers.
func allExamples(_ count: Int) -> [Int32] {
  (0..<count).map { (number: Int) -> Int32 in Int32(number) }
}

extension Objective {
  /// The partial derivatives over a range, all of them by default; the buffer starts as NaN.
  func gradient(
    at point: [Scalar], examples: [Int32], range: Range<Int>? = nil, seed: UInt64 = 1,
    worker: Int = 0, clock: Int = 0, workspace: Workspace? = nil
  ) -> [Scalar] {
    let range = range ?? 0..<parameterCount
    let workspace = workspace ?? makeWorkspace(batch: max(1, examples.count), range: range)
    var gradient = [Scalar](repeating: .nan, count: range.count)
    examples.withUnsafeBufferPointer { examples in
      gradient.withUnsafeMutableBufferPointer { gradient in
        point.withUnsafeBufferPointer { point in
          guard let view = point.baseAddress, let target = gradient.baseAddress else { return }
          computeGradient(
            at: view,
            minibatch: Minibatch(examples: examples, seed: seed, worker: worker, clock: clock),
            range: range, into: target, workspace: workspace)
        }
      }
    }
    return gradient
  }

  /// The sums over some examples.
  func evaluation(
    at point: [Scalar], examples: [Int32], on set: EvaluationSet = .training
  ) -> Evaluation {
    let workspace = makeEvaluationWorkspace(batch: max(1, examples.count))
    return examples.withUnsafeBufferPointer { examples in
      point.map { Double($0) }.withUnsafeBufferPointer { point in
        guard let view = point.baseAddress else { return Evaluation() }
        return evaluate(at: view, on: set, examples: examples, workspace: workspace)
      }
    }
  }

  /// The mean loss over some examples, regulariser included.
  func objectiveValue(at point: [Scalar], examples: [Int32]) -> Double {
    let sums = evaluation(at: point, examples: examples)
    let penalty = point.map { Double($0) }.withUnsafeBufferPointer { point in
      point.baseAddress.map { regularization(at: $0) } ?? 0
    }
    return sums.lossSum / Double(max(1, sums.count)) + penalty
  }

  /// Where training starts.
  func initialParameters(seed: UInt64) -> [Scalar] {
    [Scalar](unsafeUninitializedCapacity: parameterCount) { buffer, count in
      if let base = buffer.baseAddress { initialize(base, seed: seed) }
      count = parameterCount
    }
  }
}

/// The largest magnitude.
func largest<Scalar: BinaryFloatingPoint>(_ numbers: [Scalar]) -> Double {
  numbers.reduce(0) { max($0, abs(Double($1))) }
}

/// The largest difference, relative to the largest magnitude in `expected`.
func relativeDifference<A: BinaryFloatingPoint, B: BinaryFloatingPoint>(
  _ actual: [A], _ expected: [B]
) -> Double {
  guard actual.count == expected.count else { return .infinity }
  var difference = 0.0
  for (a, b) in zip(actual, expected) {
    let distance = abs(Double(a) - Double(b))
    // A NaN must not pass for agreement.
    difference = distance.isNaN ? .infinity : max(difference, distance)
  }
  return difference / max(largest(expected), 1e-300)
}

/// Checks a gradient against central differences, and every contiguous range of it against the
/// whole, which covers every split into any number of shards.
func checkGradient<O: Objective>(
  of objective: O, at point: [Double], examples: [Int32],
  sourceLocation: SourceLocation = #_sourceLocation
) where O.Scalar == Double {
  let whole = objective.gradient(at: point, examples: examples)
  var differences: [Double] = []
  for index in point.indices {
    let step = 1e-5 * max(1, abs(point[index]))
    var there = point
    there[index] = point[index] + step
    let above = objective.objectiveValue(at: there, examples: examples)
    there[index] = point[index] - step
    let below = objective.objectiveValue(at: there, examples: examples)
    differences.append((above - below) / (2 * step))
  }
  #expect(
    relativeDifference(whole, differences) < 1e-6, "against central differences",
    sourceLocation: sourceLocation)
  checkRanges(
    of: objective, whole: whole, at: point, examples: examples, within: 1e-12,
    sourceLocation: sourceLocation)
}

/// Checks every contiguous range of a gradient against the whole.
func checkRanges<O: Objective>(
  of objective: O, whole: [O.Scalar], at point: [O.Scalar], examples: [Int32],
  within tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
) {
  let count = point.count
  let scale = largest(whole)
  for low in 0..<count {
    let workspace = objective.makeWorkspace(batch: max(1, examples.count), range: low..<count)
    for high in (low + 1)...count {
      let part = objective.gradient(
        at: point, examples: examples, range: low..<high, workspace: workspace)
      for (index, value) in part.enumerated() {
        let difference = abs(Double(value) - Double(whole[low + index]))
        guard difference <= tolerance * scale else {
          Issue.record(
            "\(low + index) in \(low)..<\(high): \(value), not \(whole[low + index])",
            sourceLocation: sourceLocation)
          return
        }
      }
    }
  }
}

/// Steps examples in place, one after another.
///
/// - Returns: the number of steps counted.
@discardableResult
func step<Model: InPlaceObjective>(
  _ model: Model, _ shared: UnsafeMutablePointer<Model.Scalar>, _ examples: [Int32],
  rate: Model.Scalar
) -> Int {
  let clock = UnsafeMutablePointer<Atomic<Int>>.allocate(capacity: 1)
  clock.initialize(to: Atomic(0))
  defer {
    clock.deinitialize(count: 1)
    clock.deallocate()
  }
  let rates = [Model.Scalar](repeating: rate, count: examples.count)
  examples.withUnsafeBufferPointer { examples in
    rates.withUnsafeBufferPointer { rates in
      guard let rates = rates.baseAddress else { return }
      model.stepInPlace(
        shared, examples: examples, count: examples.count, rates: rates,
        counter: StepCounter(clock))
    }
  }
  return clock.pointee.load(ordering: .relaxed)
}
