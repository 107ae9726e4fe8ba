import Foundation

/// The file of a checkpoint: facts about the run, as text, and its state, as arrays of numbers by their names.
///
/// It is a file in the *safetensors* format: eight bytes with the length of the header; the header, a JSON
/// object that says of each array its type, its length and where it stands; and the arrays, little-endian,
/// without gaps. The last array, `checksum`, is the ``ContentDigest`` of everything before it.
///
/// **Reference:** Hugging Face, *Safetensors*, the section *Format* of its README.
package struct CheckpointFile: Sendable {
  /// The name and number of this format.
  package static let schema = "lockstep.checkpoint/1"

  private static let factsKey = "__metadata__"
  private static let checksumKey = "checksum"
  private static let opening = Array("{\"__metadata__\":{".utf8)

  /// One array.
  package struct StoredArray: Equatable, Sendable {
    /// Its type, in the words of the format.
    package var type: String
    /// The number of its elements.
    package var count: Int
    /// Where its bytes stand in ``contents``.
    package var bytes: Range<Int>
  }

  /// What is known of the run, by name.
  package let facts: [String: String]
  /// The arrays, by name, without the checksum.
  package let arrays: [String: StoredArray]
  /// The whole file.
  package let contents: [UInt8]
  /// Where the file is, for messages.
  package let path: String

  // MARK: Writing

  /// Writes a file's bytes as pieces that stand one after the other.
  ///
  /// - Parameters:
  ///   - facts: what is known of the run, by name; the schema is added.
  ///   - arrays: the arrays, in the order of the file.
  ///   - body: called with the pieces, which live until it ends.
  package static func encode<Result, Failure: Error>(
    _ facts: [String: String], _ arrays: [ArchivedArray],
    _ body: ([UnsafeRawBufferPointer]) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var entries: [String: Entry] = [:]
    var end = 0
    for array in arrays {
      entries[array.name] = Entry(
        dtype: array.type, shape: [array.count], dataOffsets: [end, end + array.bytes.count])
      end += array.bytes.count
    }
    entries[checksumKey] = Entry(dtype: "U8", shape: [8], dataOffsets: [end, end + 8])
    var header = Self.json(
      Header(facts: facts.merging(["schema": schema]) { $1 }, entries: entries))
    // The first array begins at a multiple of eight bytes.
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    let start = withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) } + header
    let first = ArchivedArray.copying(start)
    var digest = ContentDigest()
    digest.add(UnsafeRawBufferPointer(first.bytes))
    for array in arrays { digest.add(UnsafeRawBufferPointer(array.bytes)) }
    let last = ArchivedArray.copying(withUnsafeBytes(of: digest.value.littleEndian) { [UInt8]($0) })
    defer { withExtendedLifetime((first, arrays, last)) {} }
    return try body(
      ([first] + arrays + [last]).map { UnsafeRawBufferPointer($0.bytes) })
  }

  private struct Header: Encodable {
    var facts: [String: String]
    var entries: [String: Entry]

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: RecordKey.self)
      try container.encode(facts, forKey: RecordKey(stringValue: factsKey))
      for (name, entry) in entries {
        try container.encode(entry, forKey: RecordKey(stringValue: name))
      }
    }
  }

  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var dataOffsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case dataOffsets = "data_offsets"
    }
  }

  private static func json(_ value: some Encodable) -> [UInt8] {
    // Texts and whole numbers can always be written.
    (try? JSONEncoder.line.encode(value)).map { [UInt8]($0) } ?? []
  }

  // MARK: Reading

  /// The number of bytes at the start of a file that tell whether it is a checkpoint.
  package static var markLength: Int { 8 + opening.count }

  /// Whether a file that begins with some bytes may be a checkpoint, whole or cut off.
  package static func isMark(_ start: some Collection<UInt8>) -> Bool {
    let seen = start.dropFirst(8)
    return !seen.isEmpty && seen.elementsEqual(opening.prefix(seen.count))
  }

  /// Reads a file.
  ///
  /// - Throws: ``CheckpointError``.
  package init(path: String) throws(CheckpointError) {
    let contents: [UInt8]
    do throws(SystemCallError) {
      contents = try InputFile.read(path)
    } catch {
      throw .cannotOpen(path: path, reason: error.whyUnreadable)
    }
    try self.init(contents, path: path)
  }

  /// Reads a file's bytes.
  ///
  /// - Throws: ``CheckpointError/unusable(path:reason:)`` for everything but a whole checkpoint of this schema.
  package init(_ contents: [UInt8], path: String) throws(CheckpointError) {
    func refuse(_ reason: String) -> CheckpointError { .unusable(path: path, reason: reason) }
    let damaged = refuse(
      "the checkpoint is damaged; take another copy of it, or begin the run anew")
    let cut = refuse("the checkpoint is cut off; take another copy of it, or begin the run anew")
    guard Self.isMark(contents.prefix(Self.markLength)) else {
      throw refuse("is no checkpoint; name a file that lockstep run --checkpoint wrote")
    }
    let length = contents.withUnsafeBytes {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    guard let length = Int(exactly: length), length <= contents.count - 8 else { throw cut }
    let header = contents[8..<(8 + length)]
    guard var object = (try? JSONSerialization.jsonObject(with: Data(header))) as? [String: Any],
      let facts = object.removeValue(forKey: Self.factsKey) as? [String: String],
      let schema = facts["schema"]
    else { throw damaged }
    guard schema == Self.schema else {
      throw refuse(
        "the checkpoint is of schema '\(schema.prefix(40))', and this version of lockstep reads "
          + "\(Self.schema); go on with the version that wrote it")
    }
    var arrays: [String: StoredArray] = [:]
    for (name, entry) in object {
      guard let array = Self.array(entry, start: 8 + length) else { throw damaged }
      arrays[name] = array
    }
    let ordered = arrays.values.sorted {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }
    var end = 8 + length
    for array in ordered {
      guard array.bytes.lowerBound == end else { throw damaged }
      end = array.bytes.upperBound
    }
    guard end <= contents.count else { throw cut }
    guard end == contents.count, let checksum = arrays.removeValue(forKey: Self.checksumKey),
      checksum.type == "U8", checksum.count == 8, checksum.bytes.upperBound == end
    else { throw damaged }
    let isWhole = contents.withUnsafeBytes { bytes in
      var digest = ContentDigest()
      digest.add(UnsafeRawBufferPointer(rebasing: bytes[..<checksum.bytes.lowerBound]))
      return digest.value
        == UInt64(
          littleEndian: bytes.loadUnaligned(
            fromByteOffset: checksum.bytes.lowerBound, as: UInt64.self))
    }
    guard isWhole else { throw damaged }
    self.facts = facts
    self.arrays = arrays
    self.contents = contents
    self.path = path
  }

  /// Reads what the header says of an array; `nil` where that is none.
  private static func array(_ entry: Any, start: Int) -> StoredArray? {
    guard let entry = entry as? [String: Any], let type = entry["dtype"] as? String,
      let size = ArchivedArray.sizes[type], let shape = entry["shape"] as? [Int],
      let offsets = entry["data_offsets"] as? [Int], shape.count == 1, offsets.count == 2,
      shape[0] >= 0, offsets[0] >= 0, offsets[1] >= offsets[0]
    else { return nil }
    let (bytes, isLong) = shape[0].multipliedReportingOverflow(by: size)
    let (lower, isFar) = offsets[0].addingReportingOverflow(start)
    let (upper, isFarther) = offsets[1].addingReportingOverflow(start)
    guard !isLong, !isFar, !isFarther, offsets[1] - offsets[0] == bytes else { return nil }
    return StoredArray(type: type, count: shape[0], bytes: lower..<upper)
  }
}

/// An array of a checkpoint that is being written.
package final class ArchivedArray: @unchecked Sendable {
  // Invariant behind @unchecked: the bytes are written before anybody else sees the array.

  /// Its name.
  package let name: String
  /// The type of its elements, in the words of the format.
  package let type: String
  /// The number of its elements.
  package let count: Int
  /// Its bytes.
  package let bytes: UnsafeMutableRawBufferPointer

  /// The size of an element by its type.
  package static let sizes = [
    "U8": 1, "I32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
  ]

  /// Copies numbers.
  package init<Number: BitwiseCopyable>(_ name: String, _ numbers: UnsafeBufferPointer<Number>) {
    self.name = name
    type = Self.type(of: Number.self)
    count = numbers.count
    bytes = .allocate(byteCount: numbers.count * MemoryLayout<Number>.size, alignment: 16)
    bytes.copyMemory(from: UnsafeRawBufferPointer(numbers))
  }

  deinit { bytes.deallocate() }

  /// Copies bytes that have no name.
  static func copying(_ bytes: [UInt8]) -> ArchivedArray {
    bytes.withUnsafeBufferPointer { ArchivedArray("", $0) }
  }

  /// The word for a type of numbers.
  static func type<Number>(of number: Number.Type) -> String {
    switch number {
    case is UInt8.Type: "U8"
    case is Int32.Type: "I32"
    case is Int.Type: "I64"
    case is UInt64.Type: "U64"
    case is Float.Type: "F32"
    case is Double.Type: "F64"
    default: preconditionFailure("a checkpoint holds numbers of the types it names")
    }
  }
}
