import LockstepParameters

/// A place in a line of text, from which numbers are read without making strings.
///
/// **Concurrency:** a value; the bytes it points at must outlive it.
struct ByteCursor {
  /// The next byte.
  private(set) var position: UnsafePointer<UInt8>
  /// One past the last byte.
  private let end: UnsafePointer<UInt8>

  /// Starts at the beginning of some bytes; `nil` where there is no memory behind them.
  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return nil }
    position = base
    end = base + bytes.count
  }

  /// Whether all bytes were read.
  @inline(__always)
  var isAtEnd: Bool { position == end }

  /// The next byte, 0 at the end.
  @inline(__always)
  var next: UInt8 { position == end ? 0 : position.pointee }

  /// Whether a field may end here: at the end, at a blank or at a comment.
  @inline(__always)
  var isAtBreak: Bool {
    position == end || position.pointee == 0x20 || position.pointee == 0x09
      || position.pointee == 0x23
  }

  /// Goes past spaces and tabs.
  @inline(__always)
  mutating func skipBlanks() {
    while position != end, position.pointee == 0x20 || position.pointee == 0x09 { position += 1 }
  }

  /// Goes past one byte if it is the given one.
  @inline(__always)
  mutating func take(_ byte: UInt8) -> Bool {
    guard position != end, position.pointee == byte else { return false }
    position += 1
    return true
  }

  /// Goes past the bytes up to the next one for which the condition holds, and returns them.
  mutating func take(until condition: (UInt8) -> Bool) -> UnsafeBufferPointer<UInt8> {
    let start = position
    while position != end, !condition(position.pointee) { position += 1 }
    return UnsafeBufferPointer(start: start, count: position - start)
  }

  /// The bytes up to the next blank, for error messages.
  var word: String {
    var copy = self
    return Self.excerpt(copy.take { $0 == 0x20 || $0 == 0x09 })
  }

  /// Reads decimal digits.
  ///
  /// - Returns: the number, `Int.max` for any that is 10¹⁷ or more, or `nil` without moving where
  ///   no digit stands here.
  @inline(__always)
  mutating func wholeNumber() -> Int? {
    var number = 0
    let start = position
    while position != end {
      let digit = position.pointee &- 0x30
      guard digit < 10 else { break }
      number = number > 10_000_000_000_000_000 ? Int.max / 16 : number &* 10 &+ Int(digit)
      position += 1
    }
    if position == start { return nil }
    return number >= 100_000_000_000_000_000 ? Int.max : number
  }

  /// Reads a decimal number such as `-1`, `.5` or `2.5e-3`.
  ///
  /// A number with few digits is one exact multiplication or division by a power of ten (Clinger's
  /// fast path); any other goes through the standard library.
  ///
  /// - Returns: the nearest scalar (ties to even), infinite where it is too large, or `nil` without
  ///   moving where no number stands here. Spelled infinities and NaN are no numbers.
  ///
  /// **Reference:** Clinger, *How to Read Floating Point Numbers Accurately*, PLDI 1990.
  @inline(__always)
  mutating func number<Scalar: SharedScalar>(as type: Scalar.Type) -> Scalar? {
    var p = position
    let isNegative = p != end && p.pointee == 0x2D
    if p != end, p.pointee == 0x2D || p.pointee == 0x2B { p += 1 }
    var mantissa: UInt64 = 0
    var start = p
    Self.digits(&p, end, into: &mantissa)
    var digitCount = p - start
    var exponent = 0
    if p != end, p.pointee == 0x2E {
      p += 1
      start = p
      Self.digits(&p, end, into: &mantissa)
      exponent = start - p
      digitCount += p - start
    }
    if digitCount == 0 { return nil }
    if p != end, p.pointee | 0x20 == 0x65 {
      guard let written = Self.exponent(&p, end) else { return nil }
      exponent += written
    }
    let token = UnsafeBufferPointer(start: position, count: p - position)
    position = p
    // Below 20 digits the mantissa has not overflowed, below 2⁵³ it is exact.
    if digitCount < 20, mantissa < 1 << 53, exponent >= -22, exponent <= 22 {
      let magnitude =
        exponent < 0
        ? Double(mantissa) / Self.powersOfTen[-exponent]
        : Double(mantissa) * Self.powersOfTen[exponent]
      if Scalar.self == Double.self || Self.roundsOnceToFloat(magnitude) {
        return Scalar(isNegative ? -magnitude : magnitude)
      }
    }
    return Self.slowNumber(token)
  }

  /// Bytes as they are shown in an error message: at most 40, then an ellipsis.
  static func excerpt(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    let text = String(decoding: bytes.prefix(40), as: UTF8.self)
    return bytes.count > 40 ? text + "…" : text
  }

  /// Why a text that should be a finite number is none.
  static func complaint(_ text: String) -> String {
    var name = Substring(text.lowercased())
    if name.first == "-" || name.first == "+" { name.removeFirst() }
    if ["nan", "inf", "infinity"].contains(name) { return "is not a finite number" }
    // What does read as a number got here because it is too large for the scalar.
    let isNumber = Array(text.utf8).withUnsafeBufferPointer { (bytes) -> Bool in
      guard var cursor = ByteCursor(bytes) else { return false }
      return cursor.number(as: Double.self) != nil && cursor.isAtEnd
    }
    return isNumber ? "is too large" : "is not a number"
  }

  @inline(__always)
  private static func digits(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, into mantissa: inout UInt64
  ) {
    while p != end {
      let digit = p.pointee &- 0x30
      guard digit < 10 else { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      p += 1
    }
  }

  private static func exponent(
    _ p: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Int? {
    p += 1
    let isNegative = p != end && p.pointee == 0x2D
    if p != end, p.pointee == 0x2D || p.pointee == 0x2B { p += 1 }
    let start = p
    var number = 0
    while p != end {
      let digit = p.pointee &- 0x30
      guard digit < 10 else { break }
      number = min(number * 10 + Int(digit), 1_000_000)
      p += 1
    }
    return p == start ? nil : isNegative ? -number : number
  }

  /// Whether rounding a decimal to double and then to single rounds right.
  ///
  /// It may not where the double lies halfway between two singles (its low 29 bits are a one and
  /// zeros), or where singles are subnormal.
  @inline(__always)
  private static func roundsOnceToFloat(_ magnitude: Double) -> Bool {
    if magnitude < Double(Float.leastNormalMagnitude) { return magnitude == 0 }
    return magnitude.bitPattern & 0x1FFF_FFFF != 0x1000_0000
  }

  @inline(never)
  private static func slowNumber<Scalar: SharedScalar>(
    _ token: UnsafeBufferPointer<UInt8>
  ) -> Scalar? {
    Scalar(String(decoding: token, as: UTF8.self))
  }

  private static let powersOfTen: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
  ]
}
