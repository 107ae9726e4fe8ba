import LockstepCore
import LockstepParameters

/// Text files of dense examples, one a line: numbers separated by commas, the label last.
///
/// Where the first line has no comma, semicolons or tabs separate. A first line is a header if none
/// of its fields is a number; one with a typo among its numbers is an error, not a header. Numbers
/// may be quoted. Blank lines are left out.
enum CSVFile {
  /// The largest number of classes that whole-number labels make; more of them are a quantity.
  static let classLimit = 1000

  /// Reads a file.
  ///
  /// - Throws: ``DataError`` with the line and column of whatever is wrong.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func read<Scalar: SharedScalar>(
    _ stream: ByteStream, as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    let reader = LineReader(stream)
    var values: [Scalar] = []
    var labels: [Double] = []
    var separator: UInt8 = 0x2C
    var width = 0
    while let line = try reader.next() {
      guard var cursor = ByteCursor(line) else { continue }
      cursor.skipBlanks()
      if cursor.isAtEnd { continue }
      if width == 0 {
        separator = Self.separator(of: line)
        let fields = Self.fields(of: line, separator: separator)
        width = fields.count
        guard width >= 2 else {
          throw reader.invalid("one column only: a line needs features and, last, the label")
        }
        if isHeader(fields) { continue }
      }
      guard var fields = ByteCursor(line) else { continue }
      try readRow(
        &fields, separator: separator, width: width, reader, into: &values, &labels)
    }
    guard !labels.isEmpty else { throw reader.invalidFile("holds no examples") }
    return ExampleTable(
      name: stream.path, features: .dense(values), featureCount: width - 1, labels: labels,
      labelRule: .wholeNumbers(limit: classLimit))
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private static func readRow<Scalar: SharedScalar>(
    _ cursor: inout ByteCursor, separator: UInt8, width: Int, _ reader: LineReader,
    into values: inout [Scalar], _ labels: inout [Double]
  ) throws(DataError) {
    for column in 1...width {
      skipSpaces(&cursor, separator: separator)
      let start = cursor
      let isQuoted = cursor.take(0x22)
      if column < width {
        guard let value = cursor.number(as: Scalar.self), value.isFinite,
          endField(&cursor, separator: separator, isQuoted: isQuoted)
        else { throw refuse(start, column, separator: separator, reader) }
        values.append(value)
      } else {
        guard let label = cursor.number(as: Double.self), Scalar(label).isFinite,
          endField(&cursor, separator: separator, isQuoted: isQuoted)
        else { throw refuse(start, column, separator: separator, reader) }
        labels.append(label + 0)
      }
      if column < width ? !cursor.take(separator) : !cursor.isAtEnd {
        let columns = NumberText.counted(cursor.isAtEnd ? column : width, "column")
        throw reader.invalid(
          "\(cursor.isAtEnd ? "" : "more than ")\(columns) where the first line has \(width)")
      }
    }
  }

  @inline(__always)
  private static func skipSpaces(_ cursor: inout ByteCursor, separator: UInt8) {
    while cursor.next == 0x20 || (cursor.next == 0x09 && separator != 0x09) {
      _ = cursor.take(cursor.next)
    }
  }

  @inline(__always)
  private static func endField(
    _ cursor: inout ByteCursor, separator: UInt8, isQuoted: Bool
  ) -> Bool {
    if isQuoted, !cursor.take(0x22) { return false }
    skipSpaces(&cursor, separator: separator)
    return cursor.isAtEnd || cursor.next == separator
  }

  private static func refuse(
    _ start: ByteCursor, _ column: Int, separator: UInt8, _ reader: LineReader
  ) -> DataError {
    reader.invalid(
      complaint(start, column, separator: separator, isFirst: reader.lineNumber == 1))
  }

  private static func complaint(
    _ start: ByteCursor, _ column: Int, separator: UInt8, isFirst: Bool
  ) -> String {
    var copy = start
    let field = trimmed(copy.take { $0 == separator })
    let advice =
      isFirst
      ? "fields and labels are numbers, and only a first line without any number is a header"
      : "fields and labels are numbers"
    if field.isEmpty { return "column \(column): the field is empty; \(advice)" }
    let text = field.withUnsafeBufferPointer(ByteCursor.excerpt)
    return "column \(column): '\(text)' \(ByteCursor.complaint(text)); \(advice)"
  }

  /// The separator of a line: the first of comma, semicolon and tab that is in it, unquoted.
  private static func separator(of line: UnsafeBufferPointer<UInt8>) -> UInt8 {
    var hasSemicolon = false
    var hasTab = false
    var isQuoted = false
    for byte in line {
      if byte == 0x22 { isQuoted.toggle() }
      if isQuoted { continue }
      if byte == 0x2C { return byte }
      if byte == 0x3B { hasSemicolon = true }
      if byte == 0x09 { hasTab = true }
    }
    return hasSemicolon ? 0x3B : hasTab ? 0x09 : 0x2C
  }

  /// The fields of a line, without blanks and quotes around them; a quoted separator is none.
  private static func fields(
    of line: UnsafeBufferPointer<UInt8>, separator: UInt8
  ) -> [[UInt8]] {
    var fields: [[UInt8]] = []
    var start = 0
    var isQuoted = false
    for (index, byte) in line.enumerated() {
      if byte == 0x22 { isQuoted.toggle() }
      if byte == separator, !isQuoted {
        fields.append(trimmed(.init(rebasing: line[start..<index])))
        start = index + 1
      }
    }
    fields.append(trimmed(.init(rebasing: line[start...])))
    return fields
  }

  private static func trimmed(_ field: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var field = field[...]
    while let first = field.first, first == 0x20 || first == 0x09 { field.removeFirst() }
    while let last = field.last, last == 0x20 || last == 0x09 { field.removeLast() }
    if field.count >= 2, field.first == 0x22, field.last == 0x22 {
      field = field.dropFirst().dropLast()
    }
    return Array(field)
  }

  /// Whether the first line is a header: it names something, and none of its fields is a number.
  ///
  /// A number gone wrong, such as `nan` or `1e999`, is still meant as one.
  private static func isHeader(_ fields: [[UInt8]]) -> Bool {
    fields.contains { !$0.isEmpty } && fields.allSatisfy { $0.isEmpty || isName($0) }
  }

  private static func isName(_ field: [UInt8]) -> Bool {
    let text = field.withUnsafeBufferPointer(ByteCursor.excerpt)
    return !field.contains { $0 < 0x20 && $0 != 0x09 }
      && ByteCursor.complaint(text) == "is not a number"
  }
}
