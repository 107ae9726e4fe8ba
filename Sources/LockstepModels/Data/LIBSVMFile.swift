import LockstepParameters

/// Text files of sparse examples, one a line: `label index:value index:value …`.
///
/// The indices count from 1 and ascend within a line. A `#` begins a comment. Blank lines are left
/// out; a line of a label alone is an example without features.
///
/// **Reference:** Chang and Lin, *LIBSVM: A Library for Support Vector Machines*, ACM TIST 2 (2011).
enum LIBSVMFile {
  /// The largest index, a little below 2³¹ so that an intercept and padding still have room.
  static let maximalIndex = 2_147_483_000
  /// The largest number of classes that whole-number labels make.
  static let classLimit = 65_536

  /// Reads a file.
  ///
  /// - Throws: ``DataError`` with the line of whatever is wrong.
  /// - Complexity: one pass; memory for the entries only, whatever the indices.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func read<Scalar: SharedScalar>(
    _ stream: ByteStream, as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    let reader = LineReader(stream)
    var offsets = [0]
    var columns: [Int32] = []
    var values: [Scalar] = []
    var labels: [Double] = []
    var featureCount = 0
    while let line = try reader.next() {
      guard var cursor = ByteCursor(line) else { continue }
      cursor.skipBlanks()
      if cursor.isAtEnd || cursor.next == 0x23 { continue }
      labels.append(try label(&cursor, reader, as: type))
      var previous = 0
      cursor.skipBlanks()
      while !cursor.isAtEnd, cursor.next != 0x23 {
        let entry = cursor
        guard let index = cursor.wholeNumber(), cursor.take(0x3A), index > previous,
          index <= maximalIndex
        else { throw reader.invalid(indexComplaint(entry, after: previous)) }
        let start = cursor
        guard let value = cursor.number(as: type), value.isFinite, cursor.isAtBreak else {
          let text = start.word
          throw reader.invalid(
            "the value '\(text)' of index \(index) \(ByteCursor.complaint(text))")
        }
        columns.append(Int32(truncatingIfNeeded: index - 1))
        values.append(value)
        previous = index
        cursor.skipBlanks()
      }
      featureCount = max(featureCount, previous)
      offsets.append(values.count)
    }
    guard !labels.isEmpty else { throw reader.invalidFile("holds no examples") }
    guard featureCount > 0 else { throw reader.invalidFile("no example has a feature") }
    return ExampleTable(
      name: stream.path,
      features: .sparse(offsets: offsets, columns: columns, values: values),
      featureCount: featureCount, labels: labels, labelRule: .wholeNumbers(limit: classLimit))
  }

  private static func label<Scalar: SharedScalar>(
    _ cursor: inout ByteCursor, _ reader: LineReader, as type: Scalar.Type
  ) throws(DataError) -> Double {
    let start = cursor
    guard let label = cursor.number(as: Double.self), Scalar(label).isFinite, cursor.isAtBreak
    else {
      let text = start.word
      throw reader.invalid("the label '\(text)' \(ByteCursor.complaint(text))")
    }
    // Adding zero turns a negative zero into the other one, which is the same class.
    return label + 0
  }

  private static func indexComplaint(_ entry: ByteCursor, after previous: Int) -> String {
    let word = entry.word
    if word.hasPrefix("qid:") { return "'\(word)': ranking queries (qid) are not supported" }
    var cursor = entry
    guard let index = cursor.wholeNumber(), cursor.take(0x3A) else {
      return "'\(word)' is not of the form index:value"
    }
    if index == 0 { return "index 0: LIBSVM counts features from 1" }
    if index > maximalIndex {
      let text = word.prefix { $0 != ":" }
      return "index \(text) is beyond the largest that is supported, \(maximalIndex)"
    }
    if index == previous { return "index \(index) is there twice" }
    return "index \(index) follows \(previous), but the indices of a line must ascend"
  }
}
