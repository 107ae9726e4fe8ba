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
    var c = counter
    var k0 = key.x
    var k1 = key.y
    for _ in 0..<rounds {
      let first = UInt64(0xD251_1F53) &* UInt64(c.x)
      let second = UInt64(0xCD9E_8D57) &* UInt64(c.z)
      c = SIMD4(
        UInt32(truncatingIfNeeded: second >> 32) ^ c.y ^ k0,
        UInt32(truncatingIfNeeded: second),
        UInt32(truncatingIfNeeded: first >> 32) ^ c.w ^ k1,
        UInt32(truncatingIfNeeded: first))
      k0 = k0 &+ 0x9E37_79B9
      k1 = k1 &+ 0xBB67_AE85
    }
    return c
  }
}
