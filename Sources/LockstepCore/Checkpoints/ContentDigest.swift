/// A checksum of bytes, 64 bits of them: it tells damage, and isn't meant to withstand anybody's intent.
///
/// Each step takes eight bytes and loses nothing, `h ← (h ⊕ w)·p; h ← h ⊕ ⌊h/2³²⌋`, so no change of eight
/// bytes or less goes unseen. The number of bytes is the last word.
///
/// **Reference:** Fowler, Noll, Vo and Eastlake, *The FNV Non-Cryptographic Hash Algorithm*, by words and
/// with its high half folded in.
///
/// **Determinism:** the same on every machine; words are little-endian.
package struct ContentDigest {
  private static let prime: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private var word: UInt64 = 0
  private var count = 0

  /// Makes the digest of nothing.
  package init() {}

  /// Adds bytes to those before.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    var offset = 0
    while offset < bytes.count, count & 7 != 0 {
      add(bytes[offset])
      offset += 1
    }
    while offset + 8 <= bytes.count {
      mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      offset += 8
      count += 8
    }
    while offset < bytes.count {
      add(bytes[offset])
      offset += 1
    }
  }

  /// Adds the bytes of numbers.
  package mutating func add<Number: BitwiseCopyable>(_ numbers: UnsafeBufferPointer<Number>) {
    add(UnsafeRawBufferPointer(numbers))
  }

  /// Adds a whole number.
  package mutating func add(_ number: Int) {
    withUnsafeBytes(of: number.littleEndian) { add($0) }
  }

  /// The digest of the bytes so far.
  package var value: UInt64 {
    var copy = self
    if count & 7 != 0 { copy.mix(word) }
    copy.mix(UInt64(count))
    return copy.hash
  }

  /// The digest as 16 hexadecimal digits.
  package var text: String { NumberText.hexadecimal(value) }

  private mutating func add(_ byte: UInt8) {
    word |= UInt64(byte) << UInt64(8 * (count & 7))
    count += 1
    guard count & 7 == 0 else { return }
    mix(word)
    word = 0
  }

  @inline(__always)
  private mutating func mix(_ word: UInt64) {
    hash = (hash ^ word) &* Self.prime
    hash ^= hash >> 32
  }
}
