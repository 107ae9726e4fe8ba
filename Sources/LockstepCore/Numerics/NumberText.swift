import Foundation

/// Numbers as people read them: on pages, in tables and in messages.
public enum NumberText {
  /// A number with a few significant digits: `0.0123`, `1,024`, `1.2×10⁻⁵`.
  ///
  /// - Parameters:
  ///   - value: the number; one that isn't finite is written as `∞`, `−∞` or `–`.
  ///   - digits: the number of significant digits, from 1.
  public static func short(_ value: Double, digits: Int = 3) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
    if value == 0 { return "0" }
    let sign = value < 0 ? "−" : ""
    let magnitude = value.magnitude
    // The exponent after rounding: 9.996 with three digits is 10.0.
    let parts = String(format: "%.\(digits - 1)e", magnitude).split(separator: "e")
    guard let exponent = parts.last.flatMap({ Int($0) }), let mantissa = parts.first else {
      return "\(value)"
    }
    if exponent >= 6 || exponent < -4 {
      let trimmed = trim(String(mantissa))
      let power = "10" + superscript(exponent)
      return sign + (trimmed == "1" ? power : trimmed + "×" + power)
    }
    if let whole = Int(exactly: magnitude), whole < 1_000_000 { return sign + grouped(whole) }
    let decimals = max(0, digits - 1 - exponent)
    let text = String(format: "%.\(decimals)f", magnitude)
    if decimals == 0, let whole = Int(text) { return sign + grouped(whole) }
    return sign + trim(text)
  }

  /// A whole number with thousands separated by commas.
  public static func grouped(_ value: Int) -> String {
    var digits = Array(String(value.magnitude))
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return (value < 0 ? "−" : "") + String(digits)
  }

  /// A number of things: `1 setting`, `2 settings`, `1,024 runs`.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - noun: what one of them is called.
  ///   - plural: what several are called, where that is not the noun with an s.
  public static func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  /// What an option or a key takes, in words: `a whole number of examples from 1 to 2147483647`.
  ///
  /// - Parameters:
  ///   - things: what is counted, in the plural.
  ///   - range: the limits.
  public static func wholeNumber<Number: FixedWidthInteger>(
    of things: String? = nil, in range: ClosedRange<Number>
  ) -> String {
    let zeros = "\(range.upperBound)".dropFirst()
    // Nobody counts fifteen zeros.
    let isPower =
      zeros.count > 9 && "\(range.upperBound)".first == "1" && zeros.allSatisfy { $0 == "0" }
    return "a whole number\(things.map { " of \($0)" } ?? "") from \(range.lowerBound) to "
      + (isPower ? "10" + superscript(zeros.count) : "\(range.upperBound)")
  }

  /// Why a number as it was written cannot be had in double precision; `nil` where it can, and for a
  /// text that is no number.
  ///
  /// - Parameter text: a number in decimal notation.
  public static func rangeProblem(_ text: some StringProtocol) -> String? {
    guard let value = Double(text) else { return nil }
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }
    if value == 0, mantissa.contains(where: { ("1"..."9").contains($0) }) {
      return "this is 0 in double precision, whose smallest number is about 5e-324"
    }
    if value.isInfinite, mantissa.contains(where: \.isNumber) {
      return "this is beyond double precision, whose largest number is about 1.8e308"
    }
    return nil
  }

  /// A number for a file: as many digits as it has, a full stop, `e` for powers of ten.
  public static func exact(_ value: Double) -> String {
    guard value.isFinite else { return "" }
    if let whole = Int(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
    return "\(value)"
  }

  /// A coordinate in a drawing, to a tenth of a unit.
  public static func coordinate(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    let whole = tenths.magnitude / 10
    let sign = tenths < 0 ? "-" : ""
    return tenths % 10 == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(tenths.magnitude % 10)"
  }

  /// 64 bits as 16 hexadecimal digits.
  package static func hexadecimal(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Bytes with a unit.
  public static func bytes(_ value: Double) -> String {
    for (limit, unit) in [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")] where value >= limit {
      return String(format: value < 100 * limit ? "%.1f %@" : "%.0f %@", value / limit, unit)
    }
    return counted(Int(value), "byte")
  }

  private static func trim(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  private static func superscript(_ exponent: Int) -> String {
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    return (exponent < 0 ? "⁻" : "")
      + String(String(exponent.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } })
  }
}
