import Foundation

/// The numbers in a text file, one a line.
package enum NumberLines {
  /// Reads a file; blanks around a number are nothing, and only the end of the file may be blank.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - noun: what each of them is.
  ///   - number: makes one of a word, or says why it isn't one.
  /// - Throws: ``DataError`` with the line for whatever isn't a number, for an empty line and for an
  ///   empty file.
  package static func read<Number>(
    _ path: String, _ noun: String, _ number: (String) -> Result<Number, Refusal>
  ) throws(DataError) -> [Number] {
    var numbers: [Number] = []
    try forEachLine(of: path, noun) { line, reader throws(DataError) in
      let word = String(decoding: line, as: UTF8.self)
        .trimmingCharacters(in: CharacterSet(charactersIn: " \t"))
      switch number(word) {
      case .success(let number): numbers.append(number)
      case .failure(let refusal): throw reader.invalid(refusal.reason)
      }
    }
    guard !numbers.isEmpty else {
      throw .invalid(path: path, line: nil, reason: "is empty; write one \(noun) a line")
    }
    return numbers
  }

  /// Hands over each line of a file that holds something; only the end of the file may be blank.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - noun: what a blank line lacks.
  ///   - body: takes the line's bytes, and the reader to make errors with.
  /// - Throws: ``DataError`` for a blank line before another, and whatever `body` throws.
  static func forEachLine(
    of path: String, _ noun: String,
    _ body: (UnsafeBufferPointer<UInt8>, LineReader) throws(DataError) -> Void
  ) throws(DataError) {
    let reader = LineReader(try ByteStream(path: path))
    var blank: Int?
    while let line = try reader.next() {
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
        blank = blank ?? reader.lineNumber
        continue
      }
      if let blank { throw .invalid(path: path, line: blank, reason: "holds no \(noun)") }
      try body(line, reader)
    }
  }

  /// Why a word isn't such a number.
  package struct Refusal: Error {
    let reason: String

    package init(_ reason: String) { self.reason = reason }
  }
}
