/// Reads JSON byte by byte, without building what nobody asks for.
///
/// A page is made of ten thousands of lines; a general decoder takes most of its time for keys and
/// values that no figure shows.
package struct ByteReader {
  /// A line that isn't JSON, or not of the form that was asked for.
  package struct Malformed: Error {
    package init() {}
  }

  /// The deepest nesting that is passed over; a record has four levels.
  package static let largestDepth = 64

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  /// Begins at the start of some bytes.
  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// Whether nothing but white space is left.
  package var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == bytes.endIndex
    }
  }

  @inline(__always)
  private mutating func skipSpace() {
    while position < bytes.endIndex {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
      position += 1
    }
  }

  /// The next byte that isn't white space, without passing it.
  private mutating func peek() throws(Malformed) -> UInt8 {
    skipSpace()
    guard position < bytes.endIndex else { throw Malformed() }
    return bytes[position]
  }

  /// Passes a byte if it is the next one.
  package mutating func take(_ byte: UInt8) throws(Malformed) -> Bool {
    guard try peek() == byte else { return false }
    position += 1
    return true
  }

  package mutating func expect(_ byte: UInt8) throws(Malformed) {
    guard try take(byte) else { throw Malformed() }
  }

  // MARK: Containers

  /// Reads an object; the body reads or skips the value of each key.
  package mutating func object(
    _ body: (inout ByteReader, String) throws(Malformed) -> Void
  ) throws(Malformed) {
    try expect(UInt8(ascii: "{"))
    if try take(UInt8(ascii: "}")) { return }
    repeat {
      let key = try string()
      try expect(UInt8(ascii: ":"))
      try body(&self, key)
    } while try take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"))
  }

  /// Passes the name of a field and the colon after it.
  ///
  /// - Returns: where the name stands; ``isName(_:_:from:to:)`` compares it without making text of it.
  package mutating func name() throws(Malformed) -> Range<Int> {
    try expect(UInt8(ascii: "\""))
    let name = try text()
    try expect(UInt8(ascii: ":"))
    return name
  }

  /// Whether a name that was passed is the one that stands in a list from a place to another.
  func isName(_ range: Range<Int>, _ names: [UInt8], from start: Int, to end: Int) -> Bool {
    guard range.count == end - start else { return false }
    let shift = range.lowerBound - start
    for place in start..<end where bytes[place + shift] != names[place] { return false }
    return true
  }

  /// Reads an array; the body reads or skips each value.
  package mutating func array(
    _ body: (inout ByteReader) throws(Malformed) -> Void
  ) throws(Malformed) {
    try expect(UInt8(ascii: "["))
    if try take(UInt8(ascii: "]")) { return }
    repeat { try body(&self) } while try take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"))
  }

  // MARK: Values

  /// Whether the next value is text.
  package var isString: Bool {
    mutating get throws(Malformed) { try peek() == UInt8(ascii: "\"") }
  }

  /// Passes `null`, if it is next.
  package mutating func takeNull() throws(Malformed) -> Bool {
    guard try peek() == UInt8(ascii: "n") else { return false }
    try word("null")
    return true
  }

  private mutating func word(_ word: StaticString) throws(Malformed) {
    let count = word.utf8CodeUnitCount
    guard position + count <= bytes.endIndex,
      bytes[position..<position + count].elementsEqual("\(word)".utf8)
    else { throw Malformed() }
    position += count
  }

  /// Reads `true` or `false`.
  package mutating func flag() throws(Malformed) -> Bool {
    if try peek() == UInt8(ascii: "t") {
      try word("true")
      return true
    }
    try word("false")
    return false
  }

  /// Reads text without escapes; those are left to the general reader.
  package mutating func string() throws(Malformed) -> String {
    try expect(UInt8(ascii: "\""))
    let range = try text()
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// Passes text and the quotation mark after it.
  private mutating func text() throws(Malformed) -> Range<Int> {
    let start = position
    var highest: UInt8 = 0
    while position < bytes.endIndex {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let range = start..<position
        position += 1
        // Names aren't made into text, so nobody else would see that one isn't UTF-8.
        guard highest < 0x80 || String(validating: bytes[range], as: UTF8.self) != nil else {
          throw Malformed()
        }
        return range
      }
      highest = max(highest, byte)
      // Escapes are rare: the general reader knows them.
      guard byte != UInt8(ascii: "\\"), byte >= 0x20 else { throw Malformed() }
      position += 1
    }
    throw Malformed()
  }

  /// Reads a number or `null`.
  package mutating func number() throws(Malformed) -> Double? {
    if try takeNull() { return nil }
    let start = position
    var isNegative = false
    if bytes[position] == UInt8(ascii: "-") {
      isNegative = true
      position += 1
    }
    var mantissa: UInt64 = 0
    var digits = 0
    var fraction = 0
    var isInFraction = false
    scan: while position < bytes.endIndex {
      switch bytes[position] {
      case 0x30...0x39:
        digits += 1
        if digits <= 18 {
          mantissa = mantissa * 10 + UInt64(bytes[position] - 0x30)
          if isInFraction { fraction += 1 }
        }
        position += 1
      case UInt8(ascii: ".") where !isInFraction:
        isInFraction = true
        position += 1
      default: break scan
      }
    }
    // JSON has a digit before the point, none but a lone 0 there, and one after it.
    let whole = isNegative ? start + 1 : start
    guard digits > 0, bytes[whole] != UInt8(ascii: "."), bytes[position - 1] != UInt8(ascii: "."),
      bytes[whole] != UInt8(ascii: "0") || position == whole + 1
        || bytes[whole + 1] == UInt8(ascii: ".")
    else { throw Malformed() }
    var exponent = 0
    if position < bytes.endIndex, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      var isSmall = false
      if position < bytes.endIndex,
        bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+")
      {
        isSmall = bytes[position] == UInt8(ascii: "-")
        position += 1
      }
      let first = position
      while position < bytes.endIndex, (0x30...0x39).contains(bytes[position]), exponent < 10_000 {
        exponent = exponent * 10 + Int(bytes[position] - 0x30)
        position += 1
      }
      guard position > first else { throw Malformed() }
      if isSmall { exponent = -exponent }
    }
    let power = exponent - fraction
    // Both factors are exact, so the one rounding is the right one (Clinger, 1990).
    if digits <= 18, mantissa <= 1 << 53, power.magnitude < Self.powers.count {
      let value =
        power < 0
        ? Double(mantissa) / Self.powers[-power] : Double(mantissa) * Self.powers[power]
      return isNegative ? -value : value
    }
    // What is too large, or too small to be told from 0, the general decoder judges.
    guard let value = Double(String(decoding: bytes[start..<position], as: UTF8.self)),
      value.isFinite, value != 0 || mantissa == 0
    else { throw Malformed() }
    return value
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
  ]

  /// Reads a number that has to be there.
  package mutating func required() throws(Malformed) -> Double {
    guard let value = try number() else { throw Malformed() }
    return value
  }

  /// Reads a whole number, of those that a double holds exactly.
  package mutating func integer() throws(Malformed) -> Int {
    let value = try required()
    guard value.magnitude < 0x1p53, let whole = Int(exactly: value) else { throw Malformed() }
    return whole
  }

  /// Passes a value of any kind; one that is nested too deeply is left to the general decoder.
  package mutating func skip() throws(Malformed) { try skip(depth: 0) }

  private mutating func skip(depth: Int) throws(Malformed) {
    guard depth < Self.largestDepth else { throw Malformed() }
    switch try peek() {
    case UInt8(ascii: "{"):
      try object { (reader, _) throws(Malformed) in try reader.skip(depth: depth + 1) }
    case UInt8(ascii: "["):
      try array { (reader) throws(Malformed) in try reader.skip(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try flag()
    default: _ = try number()
    }
  }
}
