import Foundation
import Lockstep

/// Standard output and standard error.
enum Console {
  /// Writes a line to standard error, for the person at the terminal; if it can't be, it is lost.
  static func say(_ text: String) { show(visible(text) + "\n") }

  /// Writes to standard error as it is; if it can't be, it is lost.
  static func show(_ text: String) { try? Descriptor.write(text, to: STDERR_FILENO) }

  /// Writes text to standard output, whole.
  ///
  /// - Throws: ``OutputError`` if it cannot be written.
  static func put(_ text: String) throws(OutputError) {
    do throws(SystemCallError) {
      try Descriptor.write(visible(text), to: STDOUT_FILENO)
    } catch {
      throw OutputError(path: "standard output", error)
    }
  }

  /// Writes one JSON document to standard output.
  static func putJSON(_ value: some Encodable) throws {
    try put(String(decoding: JSONFormat.encode(value), as: UTF8.self) + "\n")
  }

  /// A text whose control characters are spelled out, so that nothing that stands in a file can move
  /// the cursor, change colours or turn the direction of writing: `\u{1B}`.
  ///
  /// Newlines and tabs stay.
  static func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isControl(scalar) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        result.append(contentsOf: "\\u{\(digits)}".unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

/// How every JSON document of the command line is written.
enum JSONFormat {
  /// Encodes a value: indented, keys in order, numbers that cannot be had as `null`.
  static func encode(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(value)
  }
}
