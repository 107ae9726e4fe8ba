import LockstepCore
import LockstepModels

/// Computes one worker's gradients, in pieces where a minibatch is larger than the buffers should
/// be.
///
/// **Concurrency:** belongs to one worker.
final class GradientComputer<Model: Objective> {
  typealias Scalar = Model.Scalar

  /// The largest number of examples computed at once: enough for the matrix products to run at full
  /// speed, few enough that the buffers of a full-batch run stay small.
  static var largestPiece: Int { 1024 }

  let range: Range<Int>
  let gradient: UnsafeMutablePointer<Scalar>
  let workspace: Model.Workspace

  private let model: Model
  private let piece: UnsafeMutablePointer<Scalar>?
  private let seed: UInt64
  private let worker: Int

  /// Makes the buffers.
  ///
  /// - Parameters:
  ///   - model: the objective.
  ///   - range: the parameters to differentiate by.
  ///   - batch: the largest minibatch.
  ///   - seed: the run's seed.
  ///   - worker: what random gradient noise is keyed by.
  init(model: Model, range: Range<Int>, batch: Int, seed: UInt64, worker: Int) {
    self.model = model
    self.range = range
    self.seed = seed
    self.worker = worker
    gradient = .allocate(capacity: range.count)
    gradient.initialize(repeating: 0, count: range.count)
    if batch > Self.largestPiece {
      let buffer = UnsafeMutablePointer<Scalar>.allocate(capacity: range.count)
      buffer.initialize(repeating: 0, count: range.count)
      piece = buffer
    } else {
      piece = nil
    }
    workspace = model.makeWorkspace(batch: min(batch, Self.largestPiece), range: range)
  }

  deinit {
    gradient.deallocate()
    piece?.deallocate()
  }

  /// Computes the mean gradient of a minibatch into ``gradient``.
  @inline(__always)
  func compute(at view: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, clock: Int) {
    if examples.count <= Self.largestPiece {
      model.computeGradient(
        at: view, minibatch: minibatch(examples, clock), range: range, into: gradient,
        workspace: workspace)
    } else {
      computeInPieces(at: view, examples: examples, clock: clock)
    }
  }

  private func computeInPieces(
    at view: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, clock: Int
  ) {
    guard let piece else { return }
    var first = 0
    while first < examples.count {
      let size = min(Self.largestPiece, examples.count - first)
      let part = UnsafeBufferPointer(rebasing: examples[first..<(first + size)])
      model.computeGradient(
        at: view, minibatch: minibatch(part, clock), range: range, into: piece,
        workspace: workspace)
      VectorSum.accumulate(
        piece, scale: Scalar(size) / Scalar(examples.count), into: gradient, count: range.count,
        overwrite: first == 0)
      first += size
    }
  }

  @inline(__always)
  private func minibatch(_ examples: UnsafeBufferPointer<Int32>, _ clock: Int) -> Minibatch {
    Minibatch(examples: examples, seed: seed, worker: worker, clock: clock)
  }
}

/// Sums of private vectors.
enum VectorSum {
  /// `sum ← scale·vector`, or `sum ← sum + scale·vector`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func accumulate<Scalar: ModelScalar>(
    _ vector: UnsafePointer<Scalar>, scale: Scalar, into sum: UnsafeMutablePointer<Scalar>,
    count: Int, overwrite: Bool
  ) {
    if overwrite {
      for index in 0..<count { sum[index] = scale * vector[index] }
    } else {
      for index in 0..<count { sum[index] += scale * vector[index] }
    }
  }
}
