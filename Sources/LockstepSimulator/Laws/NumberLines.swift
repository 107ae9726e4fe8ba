import Foundation
import LockstepModels

/// The numbers in a text file, one a line.
enum NumberLines {
  /// Reads a file; blanks around a number are nothing, and only the end of the file may be blank.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - noun: what each of them is.
  ///   - number: makes one of a word, or says why it isn't one.
  /// - Throws: ``DataError`` with the line for whatever isn't a number, for an empty line and for an
  ///   empty file.
  static func read<Number>(
    _ path: String, _ noun: String, _ number: (String) -> Result<Number, Refusal>
  ) throws(DataError) -> [Number] {
    let data = try DataError.contents(of: path)
    var numbers: [Number] = []
    var line = 0
    var blank: Int?
    for bytes in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      let word = String(decoding: bytes, as: UTF8.self)
        .trimmingCharacters(in: CharacterSet(charactersIn: " \t\r"))
      if word.isEmpty {
        blank = blank ?? line
        continue
      }
      if let blank { throw .invalid(path: path, line: blank, reason: "holds no \(noun)") }
      switch number(word) {
      case .success(let number): numbers.append(number)
      case .failure(let refusal): throw .invalid(path: path, line: line, reason: refusal.reason)
      }
    }
    guard !numbers.isEmpty else {
      throw .invalid(path: path, line: nil, reason: "is empty; write one \(noun) a line")
    }
    return numbers
  }

  /// Why a word isn't such a number.
  struct Refusal: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
  }
}
