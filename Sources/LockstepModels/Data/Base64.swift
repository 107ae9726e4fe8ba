/// The decoding half of base64, for archives in the source.
///
/// **Reference:** RFC 4648, section 4.
enum Base64 {
  /// Decodes; line ends and whatever else is not of the alphabet are left out.
  static func decode(_ text: StaticString) -> [UInt8] {
    text.withUTF8Buffer { characters in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(characters.count / 4 * 3)
      var bits: UInt32 = 0
      var bitCount = 0
      for character in characters {
        guard let value = value(of: character) else { continue }
        bits = bits << 6 | UInt32(value)
        bitCount += 6
        if bitCount >= 8 {
          bitCount -= 8
          bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
        }
      }
      return bytes
    }
  }

  private static func value(of character: UInt8) -> UInt8? {
    switch character {
    case 0x41...0x5A: character - 0x41
    case 0x61...0x7A: character - 0x61 + 26
    case 0x30...0x39: character - 0x30 + 52
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
  }
}
