/// The counter-based generator Philox4x32-10.
///
/// A block cipher with ten rounds that turns a 128-bit counter and a 64-bit key into 128 random
/// bits. It has no state, so a draw depends only on what it is drawn for, never on who drew before.
///
/// **Determinism:** bit-exact; the published known answers are tests.
///
/// **Reference:** Salmon, Moraes, Dror, Shaw, *Parallel Random Numbers: As Easy as 1, 2, 3*,
/// SC 2011, section 3.3; the answers are those of the Random123 distribution's `kat_vectors`.
public enum Philox4x32 {
  /// The number of rounds.
  public static let rounds = 10

  /// Encrypts `counter` under `key`.
  ///
  /// - Parameters:
  ///   - counter: four 32-bit words, least significant first.
  ///   - key: two 32-bit words, least significant first.
  /// - Returns: four random 32-bit words.
  /// - Complexity: ten rounds of two 32×32→64-bit multiplications.
  @inlinable
  public static func block(
    counter: SIMD4<UInt32>, key: SIMD2<UInt32>
  ) -> SIMD4<UInt32> {
    // Scalars: the compiler keeps them in registers, which it doesn't do with the vector's elements.
    var (c0, c1, c2, c3) = (counter.x, counter.y, counter.z, counter.w)
    var (k0, k1) = (key.x, key.y)
    for _ in 0..<rounds {
      let first = UInt64(0xD251_1F53) &* UInt64(c0)
      let second = UInt64(0xCD9E_8D57) &* UInt64(c2)
      c0 = UInt32(truncatingIfNeeded: second >> 32) ^ c1 ^ k0
      c1 = UInt32(truncatingIfNeeded: second)
      c2 = UInt32(truncatingIfNeeded: first >> 32) ^ c3 ^ k1
      c3 = UInt32(truncatingIfNeeded: first)
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return SIMD4(c0, c1, c2, c3)
  }
}
