import LockstepCore

/// Computes gradients, in pieces where a minibatch is larger than the buffers should be.
///
/// **Concurrency:** used by one thread at a time.
public final class GradientComputer<Scalar: ModelScalar> {
  /// The largest number of examples computed at once: enough for the matrix products to run at full
  /// speed, few enough that the buffers of a full-batch run stay small.
  @inlinable
  public static var largestPiece: Int { 1024 }

  /// The parameters to differentiate by, unless a call names others among them.
  public let range: Range<Int>
  /// Where a gradient goes that isn't sent elsewhere, `[range.count]`.
  public let gradient: UnsafeMutablePointer<Scalar>

  @usableFromInline let workspace: AnyObject
  @usableFromInline let model: any Objective<Scalar>
  /// The run's seed, which random gradient noise is keyed by.
  @exclusivity(unchecked) public var seed: UInt64
  @usableFromInline let worker: Int
  /// The largest norm of a gradient; infinity for any.
  @usableFromInline let clip: Double
  private let piece: UnsafeMutablePointer<Scalar>?

  /// Makes the buffers.
  ///
  /// - Parameters:
  ///   - model: the objective.
  ///   - range: the parameters to differentiate by.
  ///   - batch: the largest minibatch.
  ///   - seed: the run's seed.
  ///   - worker: what random gradient noise is keyed by.
  ///   - clip: the largest Euclidean norm of a gradient, by whatever parameters it is computed; `nil`
  ///     for any.
  public init(
    model: any Objective<Scalar>, range: Range<Int>, batch: Int, seed: UInt64, worker: Int,
    clip: Double? = nil
  ) {
    self.clip = clip ?? .infinity
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
  @inlinable
  @inline(__always)
  public func compute(
    at view: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, clock: Int
  ) {
    compute(
      at: view, examples: examples, clock: clock, worker: worker, range: range, into: gradient)
  }

  /// Computes the mean gradient of any worker's minibatch, by some of the parameters.
  ///
  /// - Parameters:
  ///   - view: `[n]`, private memory.
  ///   - examples: the minibatch.
  ///   - clock: the worker's clock.
  ///   - worker: what random gradient noise is keyed by.
  ///   - range: the parameters to differentiate by, within the computer's.
  ///   - gradient: `[range.count]`, overwritten.
  @inlinable
  @inline(__always)
  public func compute(
    at view: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, clock: Int, worker: Int,
    range: Range<Int>, into gradient: UnsafeMutablePointer<Scalar>
  ) {
    let minibatch = Minibatch(examples: examples, seed: seed, worker: worker, clock: clock)
    if examples.count <= Self.largestPiece {
      model.computeGradient(
        at: view, minibatch: minibatch, range: range, into: gradient, erased: workspace)
    } else {
      computeInPieces(at: view, minibatch: minibatch, range: range, into: gradient)
    }
    if clip < .infinity { GradientClipping.clip(gradient, count: range.count, to: clip) }
  }

  @usableFromInline
  func computeInPieces(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>
  ) {
    guard let piece else { return }
    let examples = minibatch.examples
    var part = minibatch
    examples.forEachPart(of: Self.largestPiece) { first, ids in
      part.examples = ids
      model.computeGradient(
        at: view, minibatch: part, range: range, into: piece, erased: workspace)
      VectorSum.accumulate(
        piece, scale: Scalar(ids.count) / Scalar(examples.count), into: gradient,
        count: range.count, overwrite: first == 0)
    }
  }
}

/// Sums of private vectors.
public enum VectorSum {
  /// `sum ← scale·vector`, or `sum ← sum + scale·vector`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func accumulate<Scalar: ModelScalar>(
    _ vector: UnsafePointer<Scalar>, scale: Scalar, into sum: UnsafeMutablePointer<Scalar>,
    count: Int, overwrite: Bool
  ) {
    if overwrite {
      for index in 0..<count { sum[index] = scale * vector[index] }
    } else {
      for index in 0..<count { sum[index] += scale * vector[index] }
    }
  }

  /// `w' ← w − η·g`, with the bits of ``SharedScalar/racyGradientDescent(_:gradient:rate:count:)``.
  ///
  /// - Parameters:
  ///   - vector: `w`, `[count]`, private.
  ///   - gradient: `g`, `[count]`, private.
  ///   - rate: `η`.
  ///   - result: `w'`, `[count]`, private; may be `w` itself.
  ///   - count: the length of all three.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func descend<Scalar: ModelScalar>(
    from vector: UnsafePointer<Scalar>, along gradient: UnsafePointer<Scalar>, rate: Scalar,
    into result: UnsafeMutablePointer<Scalar>, count: Int
  ) {
    for index in 0..<count { result[index] = vector[index] - rate * gradient[index] }
  }
}
