import Foundation
import Lockstep

/// Standard output and standard error.
enum Console {
  /// Writes a line to standard error, for the person at the terminal.
  static func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Writes text to standard output, whole.
  ///
  /// - Throws: ``OutputError`` if it cannot be written.
  static func put(_ text: String) throws(OutputError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw OutputError(path: "standard output", reason: OutputError.reason(error))
    }
  }

  /// Writes one JSON document to standard output.
  static func putJSON(_ value: some Encodable) throws {
    try put(String(decoding: JSONFormat.encode(value), as: UTF8.self) + "\n")
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
