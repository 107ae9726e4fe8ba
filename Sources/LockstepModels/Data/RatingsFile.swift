import LockstepCore
import LockstepParameters

/// Text files of ratings, one a line: user, item and rating, and whatever follows them; or a matrix in the Matrix Market
/// format, see ``MatrixMarketFile``.
///
/// Tabs, spaces, a comma or `::` separate. Users and items are whole numbers from 0 that are used as
/// they are. A first line that doesn't begin with a number is a header; a line that begins with `#`
/// or `%` is a comment; blank lines are left out.
enum RatingsFile {
  /// The largest user or item.
  static let maximalIdentifier = 2_147_483_646

  /// Reads a file.
  ///
  /// - Throws: ``DataError`` with the line of whatever is wrong.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func read<Scalar: SharedScalar>(
    _ stream: ByteStream, as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    let reader = LineReader(stream)
    var users: [Int32] = []
    var items: [Int32] = []
    var ratings: [Double] = []
    var largestUser = Largest()
    var largestItem = Largest()
    var isFirst = true
    while let line = try reader.next() {
      if reader.lineNumber == 1, MatrixMarketFile.isBanner(line) {
        return try MatrixMarketFile.read(
          after: line, reader, path: stream.path, as: type)
      }
      guard var cursor = ByteCursor(line) else { continue }
      cursor.skipBlanks()
      if cursor.isAtEnd || cursor.next == 0x23 || cursor.next == 0x25 { continue }
      let mayBeHeader = isFirst
      isFirst = false
      if mayBeHeader, isHeader(cursor) { continue }
      let user = try identifier("user", &cursor, reader)
      let item = try identifier("item", &cursor, reader)
      ratings.append(try rating(&cursor, reader, as: type))
      largestUser.note(user, line: reader.lineNumber)
      largestItem.note(item, line: reader.lineNumber)
      users.append(Int32(truncatingIfNeeded: user))
      items.append(Int32(truncatingIfNeeded: item))
    }
    guard !ratings.isEmpty else { throw reader.invalidFile("holds no ratings") }
    if isSizeLineFirst(users, items, ratings) {
      throw reader.invalidFile(
        "begins with the size line of a Matrix Market file, but not with its first line; write "
          + "'\(MatrixMarketFile.banner) matrix coordinate real general' above it")
    }
    try largestUser.check("user", ratings: ratings.count, path: stream.path)
    try largestItem.check("item", ratings: ratings.count, path: stream.path)
    return ExampleTable(
      name: stream.path, features: .ratings(users: users, items: items), featureCount: 0,
      labels: ratings, labelRule: .numbers, userCount: largestUser.value + 1,
      itemCount: largestItem.value + 1)
  }

  /// Whether the first line is no rating, but says how many users, items and ratings follow.
  private static func isSizeLineFirst(
    _ users: [Int32], _ items: [Int32], _ ratings: [Double]
  ) -> Bool {
    guard ratings.count > 2, ratings[0] == Double(ratings.count - 1) else { return false }
    return users.dropFirst().allSatisfy { $0 >= 1 && $0 <= users[0] }
      && items.dropFirst().allSatisfy { $0 >= 1 && $0 <= items[0] }
  }

  /// The largest identifier and where it stands.
  private struct Largest {
    var value = -1
    var line = 0

    @inline(__always)
    mutating func note(_ identifier: Int, line: Int) {
      if identifier > value { (value, self.line) = (identifier, line) }
    }

    /// Refuses an identifier that would make a wild number of parameters.
    func check(_ what: String, ratings: Int, path: String) throws(DataError) {
      if value > 1000 * ratings + 10_000_000 {
        throw .invalid(
          path: path, line: line,
          reason: "\(what) \(value) is out of proportion to "
            + "\(NumberText.counted(ratings, "rating")); \(what)s are numbered from 0 "
            + "without large gaps")
      }
    }
  }

  @inline(__always)
  private static func identifier(
    _ what: String, _ cursor: inout ByteCursor, _ reader: LineReader
  ) throws(DataError) -> Int {
    let start = cursor
    guard let number = cursor.wholeNumber(), isSeparator(cursor.next) || cursor.isAtEnd,
      number <= maximalIdentifier, skipSeparator(&cursor)
    else { throw reader.invalid(complaint(what, start)) }
    return number
  }

  @inline(__always)
  private static func rating<Scalar: SharedScalar>(
    _ cursor: inout ByteCursor, _ reader: LineReader, as type: Scalar.Type
  ) throws(DataError) -> Double {
    let start = cursor
    guard let rating = cursor.number(as: Double.self), Scalar(rating).isFinite,
      isSeparator(cursor.next) || cursor.isAtEnd
    else {
      var copy = start
      let text = ByteCursor.excerpt(copy.take(until: isSeparator))
      throw reader.invalid(
        text.isEmpty
          ? "the rating is missing: a line is user, item and rating"
          : "the rating '\(text)' \(ByteCursor.complaint(text))")
    }
    return rating
  }

  @inline(__always)
  private static func isSeparator(_ byte: UInt8) -> Bool {
    byte == 0x09 || byte == 0x2C || byte == 0x20 || byte == 0x3A
  }

  /// Goes past blanks with at most one comma or `::` among them; `false` for a single colon.
  @inline(__always)
  private static func skipSeparator(_ cursor: inout ByteCursor) -> Bool {
    cursor.skipBlanks()
    if cursor.take(0x3A) {
      guard cursor.take(0x3A) else { return false }
    } else {
      _ = cursor.take(0x2C)
    }
    cursor.skipBlanks()
    return true
  }

  private static func isHeader(_ cursor: ByteCursor) -> Bool {
    var copy = cursor
    let field = copy.take(until: isSeparator)
    guard let first = field.first else { return false }
    let isLetter = (first | 0x20) >= 0x61 && (first | 0x20) <= 0x7A
    return isLetter || first == 0x22 || first == 0x5F
  }

  private static func complaint(_ what: String, _ start: ByteCursor) -> String {
    var copy = start
    let text = ByteCursor.excerpt(copy.take(until: isSeparator))
    if text.isEmpty { return "the \(what) is missing: a line is user, item and rating" }
    copy = start
    if let number = copy.wholeNumber(), isSeparator(copy.next) || copy.isAtEnd {
      if number > maximalIdentifier {
        return "the \(what) \(text) is beyond the largest that is supported, "
          + "\(maximalIdentifier)"
      }
      return "a single ':' after \(what) \(text); two of them separate"
    }
    return "the \(what) '\(text)' is not a whole number from 0"
  }
}
