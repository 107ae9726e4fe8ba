/// What a random stream is for.
///
/// Streams of different purposes never share a draw.
public enum RandomPurpose: UInt32, Sendable {
  /// The first parameters of a model.
  case initialization = 1
  /// The examples of a minibatch, when drawn with replacement.
  case minibatch = 2
  /// The keys of an epoch's permutation.
  case permutation = 3
  /// Additive gradient noise.
  case gradientNoise = 4
  /// A synthetic data set.
  case syntheticData = 5
  /// The duration of an iteration.
  case serviceTime = 7
  /// The delay of a read or of a message.
  case delay = 8
  /// Pauses that a stress test injects.
  case disturbance = 9
  /// The seeds of a run's replicas.
  case replica = 10
  /// What a noise probe draws: its other minibatch and its random signs.
  case probe = 11
  /// How long reading a view takes.
  case readTime = 12
  /// How long applying an update takes.
  case applyTime = 13
  /// Which examples are held out.
  case heldOut = 20
}

/// Random numbers keyed by what they are for, who draws them, and when.
///
/// Two streams with equal `(seed, purpose, worker, clock)` give equal numbers, on every machine and
/// under every schedule; that is why minibatches don't depend on which thread ran first.
///
/// **Determinism:** bit-exact, normal deviates included (they use ``PortableMath``).
public struct RandomStream: RandomNumberGenerator, Sendable {
  @usableFromInline let key: SIMD2<UInt32>
  @usableFromInline let low: UInt32
  @usableFromInline let high: UInt32
  @usableFromInline let worker: UInt32
  @usableFromInline var position: UInt32 = 0
  @usableFromInline var buffer: SIMD4<UInt32> = .zero
  @usableFromInline var buffered = 0

  /// Creates the stream of one purpose, worker and clock.
  ///
  /// - Parameters:
  ///   - seed: the run's seed.
  ///   - purpose: what the numbers are for.
  ///   - worker: the worker's number, or 0 where the draw is shared by all.
  ///   - clock: the worker's clock, or any other counter below 2⁴⁸.
  @inlinable
  public init(seed: UInt64, purpose: RandomPurpose, worker: Int = 0, clock: Int = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    low = UInt32(truncatingIfNeeded: clock)
    high =
      (UInt32(truncatingIfNeeded: clock >> 32) & 0xFFFF) | (purpose.rawValue &<< 16)
    self.worker = UInt32(truncatingIfNeeded: worker)
  }

  /// Moves to just before deviate number `index`, where every deviate takes one 64-bit draw.
  ///
  /// What ``normal()``, ``uniform()`` and their like return next is what the `index`-th call on a
  /// fresh stream would return (counting from 0). A vector of noise can so be drawn in parts, by
  /// anybody, without depending on where it is cut.
  ///
  /// - Parameter index: in `0 ..< 2³³`.
  @inlinable
  public mutating func seek(toDeviate index: Int) {
    position = UInt32(truncatingIfNeeded: index >> 1)
    buffered = 0
    if index & 1 == 1 { _ = next() }
  }

  /// The next 32 random bits.
  @inlinable
  public mutating func nextWord() -> UInt32 {
    if buffered == 0 {
      buffer = Philox4x32.block(counter: SIMD4(position, low, high, worker), key: key)
      position &+= 1
      buffered = 4
    }
    buffered -= 1
    return buffer[3 - buffered]
  }

  /// The next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    let low = UInt64(nextWord())
    return low | (UInt64(nextWord()) << 32)
  }

  /// A uniform deviate in `[0, 1)` with 53 random bits.
  @inlinable
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A uniform deviate in `(0, 1)`: never 0, so that its logarithm is finite.
  @inlinable
  public mutating func openUniform() -> Double {
    (Double(next() >> 12) + 0.5) * 0x1p-52
  }

  /// A uniform integer in `0 ..< bound`.
  ///
  /// Lemire's multiplication on 64 bits, without the rejection step: each value's probability is
  /// off by less than `bound / 2⁶⁴`.
  ///
  /// - Parameter bound: at least 1.
  @inlinable
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "a random integer needs a positive bound")
    return Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// An exponential deviate of mean 1.
  @inlinable
  public mutating func exponential() -> Double {
    -PortableMath.log(openUniform())
  }

  /// A standard normal deviate, by inversion (one uniform for one normal).
  @inlinable
  public mutating func normal() -> Double {
    NormalDistribution.quantile(openUniform())
  }
}
