/// A random order of `0 ..< count` that is computed one position at a time, with no table.
///
/// A position is split as `left·b + right` with `left < a`, `right < b` and `a·b` barely above
/// `count`; four rounds of a generalised Feistel network, keyed by Philox, add a hash of the one part
/// to the other, modulo its size. A result at or beyond `count` is sent through again until it lands
/// inside ("cycle walking"), which keeps the whole a bijection; since `a·b − count < a`, that is rare.
/// Every worker can thus look up position `k` of epoch `e` by itself, in any order, and all of them
/// together see each example once.
///
/// **Determinism:** bit-exact in `(seed, epoch, count)`.
///
/// **Reference:** Black and Rogaway, *Ciphers with Arbitrary Finite Domains*, CT-RSA 2002, section 5
/// and the cycle walking of section 3.
public struct EpochPermutation: Sendable {
  /// The number of positions.
  public let count: Int
  /// The epoch this is the order of.
  public let epoch: Int

  @usableFromInline let rows: UInt32
  @usableFromInline let columns: UInt32
  @usableFromInline let keys: SIMD4<UInt32>

  /// Creates the order of one epoch.
  ///
  /// - Parameters:
  ///   - count: the number of positions, 1 … 2³¹.
  ///   - epoch: the epoch, from 0.
  ///   - seed: the run's seed.
  public init(count: Int, epoch: Int, seed: UInt64) {
    precondition(count >= 1 && count <= 1 << 31, "an epoch has 1 … 2³¹ examples")
    self.count = count
    self.epoch = epoch
    let side = Int(Double(count).squareRoot().rounded(.up))
    rows = UInt32(side)
    columns = UInt32((count + side - 1) / side)
    var stream = RandomStream(seed: seed, purpose: .permutation, clock: epoch)
    keys = SIMD4(stream.nextWord(), stream.nextWord(), stream.nextWord(), stream.nextWord())
  }

  /// The example at `position`.
  ///
  /// - Parameter position: in `0 ..< count`.
  /// - Complexity: O(1) expected.
  @inlinable
  @inline(__always)
  public subscript(position: Int) -> Int {
    var value = UInt32(truncatingIfNeeded: position)
    repeat {
      var left = value / columns
      var right = value &- left &* columns
      left = add(hash(right ^ keys.x), to: left, modulo: rows)
      right = add(hash(left ^ keys.y), to: right, modulo: columns)
      left = add(hash(right ^ keys.z), to: left, modulo: rows)
      right = add(hash(left ^ keys.w), to: right, modulo: columns)
      value = left &* columns &+ right
    } while value >= UInt32(truncatingIfNeeded: count)
    return Int(value)
  }

  /// Thirty-two bits that look random for every change of the argument: the finaliser of
  /// MurmurHash3.
  @inlinable
  @inline(__always)
  func hash(_ word: UInt32) -> UInt32 {
    var x = word
    x ^= x >> 16
    x = x &* 0x85EB_CA6B
    x ^= x >> 13
    x = x &* 0xC2B2_AE35
    x ^= x >> 16
    return x
  }

  /// `(value + random·size/2³²) mod size`.
  @inlinable
  @inline(__always)
  func add(_ random: UInt32, to value: UInt32, modulo size: UInt32) -> UInt32 {
    let shift = UInt32(truncatingIfNeeded: (UInt64(random) &* UInt64(size)) >> 32)
    let sum = value &+ shift
    return sum >= size ? sum &- size : sum
  }
}
