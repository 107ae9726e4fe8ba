/// A random order of `0 ..< count` that is computed one position at a time, with no table.
///
/// A balanced Feistel network of six rounds over the smallest even number of bits that holds
/// `count`, keyed by Philox; positions that fall outside are sent through again until they land
/// inside ("cycle walking"), which keeps it a bijection. Every worker can thus look up position
/// `k` of epoch `e` by itself, in any order, and all of them together see each example once.
///
/// **Determinism:** bit-exact in `(seed, epoch, count)`.
///
/// **Reference:** Black and Rogaway, *Ciphers with Arbitrary Finite Domains*, CT-RSA 2002.
public struct EpochPermutation: Sendable {
  /// The number of positions.
  public let count: Int
  /// The epoch this is the order of.
  public let epoch: Int

  @usableFromInline let halfBits: UInt32
  @usableFromInline let mask: UInt32
  @usableFromInline let keys: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

  /// Creates the order of one epoch.
  ///
  /// - Parameters:
  ///   - count: the number of positions, 1 … 2³².
  ///   - epoch: the epoch, from 0.
  ///   - seed: the run's seed.
  public init(count: Int, epoch: Int, seed: UInt64) {
    precondition(count >= 1 && count <= 1 << 32, "an epoch has 1 … 2³² examples")
    self.count = count
    self.epoch = epoch
    let bits = max(2, Int.bitWidth - (count - 1).leadingZeroBitCount)
    halfBits = UInt32((bits + 1) / 2)
    mask = UInt32((UInt64(1) << UInt64(halfBits)) - 1)
    var stream = RandomStream(seed: seed, purpose: .permutation, clock: epoch)
    keys = (
      stream.nextWord(), stream.nextWord(), stream.nextWord(), stream.nextWord(),
      stream.nextWord(), stream.nextWord()
    )
  }

  /// The example at `position`.
  ///
  /// - Parameter position: in `0 ..< count`.
  /// - Complexity: O(1) expected; at most four walks on average.
  @inlinable
  public subscript(position: Int) -> Int {
    var value = UInt64(truncatingIfNeeded: position)
    repeat {
      var left = UInt32(truncatingIfNeeded: value >> UInt64(halfBits))
      var right = UInt32(truncatingIfNeeded: value) & mask
      (left, right) = (right, left ^ mix(right, keys.0))
      (left, right) = (right, left ^ mix(right, keys.1))
      (left, right) = (right, left ^ mix(right, keys.2))
      (left, right) = (right, left ^ mix(right, keys.3))
      (left, right) = (right, left ^ mix(right, keys.4))
      (left, right) = (right, left ^ mix(right, keys.5))
      value = (UInt64(left) << UInt64(halfBits)) | UInt64(right)
    } while value >= UInt64(count)
    return Int(truncatingIfNeeded: value)
  }

  @inlinable
  func mix(_ half: UInt32, _ key: UInt32) -> UInt32 {
    var x = (half ^ key) &* 0x9E37_79B1
    x ^= x >> 15
    x = x &* 0x85EB_CA77
    x ^= x >> 13
    return x & mask
  }
}
