import LockstepCore
import LockstepParameters

/// Ratings as a sparse matrix in the Matrix Market exchange format: rows are users, columns items.
///
/// Read are `coordinate` matrices that are `real`, `integer` or `pattern` (every rating is then 1), and `general` or
/// `symmetric` (an entry off the diagonal stands for two). Any other kind is refused by its name. Indices count
/// from 1, as the format has it; users and items are numbered from 0 here.
///
/// **Reference:** Boisvert, Pozo and Remington, *The Matrix Market Exchange Formats: Initial Design*, NISTIR 5935,
/// 1996.
enum MatrixMarketFile {
  /// What the first line of such a file begins with; case doesn't matter.
  static let banner = "%%MatrixMarket"

  /// What the first line says.
  struct Kind {
    enum Field: String { case real, integer, pattern }
    var field: Field
    var isSymmetric: Bool
  }

  /// Whether a line is the first of such a file.
  static func isBanner(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
    line.count >= banner.utf8.count
      && zip(line, banner.utf8).allSatisfy { lowercased($0) == lowercased($1) }
  }

  /// Reads what follows the first line.
  ///
  /// - Parameters:
  ///   - first: the first line.
  ///   - reader: the lines after it.
  /// - Throws: ``DataError`` with the line of whatever is wrong.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func read<Scalar: SharedScalar>(
    after first: UnsafeBufferPointer<UInt8>, _ reader: LineReader, path: String,
    as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    let kind = try kind(of: first, reader)
    var size: (rows: Int, columns: Int, entries: Int)?
    var users: [Int32] = []
    var items: [Int32] = []
    var ratings: [Double] = []
    var count = 0
    while let line = try reader.next() {
      guard var cursor = ByteCursor(line) else { continue }
      cursor.skipBlanks()
      if cursor.isAtEnd || cursor.next == 0x25 { continue }
      guard let size else {
        size = try readSize(cursor, kind, reader)
        continue
      }
      count += 1
      guard count <= size.entries else {
        throw reader.invalid("there are more entries than the \(size.entries) of the size line")
      }
      let row = try index(&cursor, "row", size.rows, reader)
      let column = try index(&cursor, "column", size.columns, reader)
      let rating = try value(&cursor, kind.field, reader, as: type)
      users.append(row)
      items.append(column)
      ratings.append(rating)
      if kind.isSymmetric, row != column {
        users.append(column)
        items.append(row)
        ratings.append(rating)
      }
    }
    guard let size else { throw reader.invalidFile("ends before its size line") }
    guard count == size.entries else {
      throw reader.invalidFile(
        "holds \(count) of the \(NumberText.counted(size.entries, "entry", "entries")) that "
          + "its size line promises; is it cut off?")
    }
    guard !ratings.isEmpty else { throw reader.invalidFile("holds no ratings") }
    return ExampleTable(
      name: path, features: .ratings(users: users, items: items), featureCount: 0,
      labels: ratings, labelRule: .numbers, userCount: size.rows, itemCount: size.columns)
  }

  private static func kind(
    of line: UnsafeBufferPointer<UInt8>, _ reader: LineReader
  ) throws(DataError) -> Kind {
    let words = String(decoding: line, as: UTF8.self).lowercased()
      .split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.count == 5, words[0] == banner.lowercased() else {
      throw reader.invalid(
        "a Matrix Market file begins with '%%MatrixMarket matrix coordinate FIELD SYMMETRY'")
    }
    func refuse(_ what: String, _ word: String, _ known: String) -> DataError {
      let shown = word.utf8.count > 40 ? word.prefix(40) + "…" : word
      return reader.invalid("the Matrix Market \(what) '\(shown)' is not read, only \(known)")
    }
    guard words[1] == "matrix" else { throw refuse("object", words[1], "matrix") }
    guard words[2] == "coordinate" else { throw refuse("format", words[2], "coordinate") }
    guard let field = Kind.Field(rawValue: words[3]) else {
      throw refuse("field", words[3], "real, integer and pattern")
    }
    guard ["general", "symmetric"].contains(words[4]) else {
      throw refuse("symmetry", words[4], "general and symmetric")
    }
    return Kind(field: field, isSymmetric: words[4] == "symmetric")
  }

  private static func readSize(
    _ start: ByteCursor, _ kind: Kind, _ reader: LineReader
  ) throws(DataError) -> (rows: Int, columns: Int, entries: Int) {
    var cursor = start
    var numbers: [Int] = []
    while !cursor.isAtEnd, numbers.count < 4, let number = cursor.wholeNumber() {
      numbers.append(number)
      guard cursor.isAtEnd || isBlank(cursor.next) else { break }
      cursor.skipBlanks()
    }
    guard numbers.count == 3, cursor.isAtEnd else {
      throw reader.invalid("the size line is not 'ROWS COLUMNS ENTRIES', three whole numbers")
    }
    let largest = RatingsFile.maximalIdentifier
    for (what, number) in [("rows", numbers[0]), ("columns", numbers[1])] {
      guard number <= largest else {
        throw reader.invalid("\(number) \(what) are more than are supported, \(largest)")
      }
      guard number <= 1000 * min(numbers[2], largest) + 10_000_000 else {
        throw reader.invalid(
          "\(number) \(what) are out of proportion to "
            + NumberText.counted(numbers[2], "entry", "entries"))
      }
    }
    if kind.isSymmetric, numbers[0] != numbers[1] {
      throw reader.invalid("a symmetric matrix has as many rows as columns")
    }
    return (numbers[0], numbers[1], numbers[2])
  }

  @inline(__always)
  private static func index(
    _ cursor: inout ByteCursor, _ what: String, _ count: Int, _ reader: LineReader
  ) throws(DataError) -> Int32 {
    let start = cursor
    guard let number = cursor.wholeNumber(), cursor.isAtEnd || isBlank(cursor.next),
      number >= 1, number <= count
    else {
      let text = start.word
      throw reader.invalid(
        text.isEmpty
          ? "the \(what) is missing: an entry is row, column and, unless it is a pattern, value"
          : "the \(what) '\(text)' is not a whole number from 1 to \(count)")
    }
    cursor.skipBlanks()
    return Int32(truncatingIfNeeded: number - 1)
  }

  @inline(__always)
  private static func value<Scalar: SharedScalar>(
    _ cursor: inout ByteCursor, _ field: Kind.Field, _ reader: LineReader, as type: Scalar.Type
  ) throws(DataError) -> Double {
    var rating = 1.0
    if field != .pattern {
      let start = cursor
      guard let number = cursor.number(as: Double.self), Scalar(number).isFinite,
        cursor.isAtEnd || isBlank(cursor.next),
        field == .real || number == number.rounded(.towardZero)
      else {
        let text = start.word
        throw reader.invalid(
          text.isEmpty
            ? "the value is missing: an entry is row, column and value"
            : "the value '\(text)' is not \(field == .real ? "a finite" : "a whole") number")
      }
      rating = number
      cursor.skipBlanks()
    }
    guard cursor.isAtEnd else {
      throw reader.invalid(
        "'\(cursor.word)' follows the entry; is the field of the first line right?")
    }
    return rating
  }

  @inline(__always)
  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }
}
