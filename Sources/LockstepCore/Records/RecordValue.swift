/// What can stand in a field of a record.
package protocol RecordValue: Codable, Sendable {
  /// What it is.
  static var kind: RecordKind { get }
  /// The numbers within it that are metrics.
  static var numbers: [RecordNumber<Self>] { get }
  /// Itself as a number; `nil` for what is none.
  var number: Double? { get }
  /// Whether JSON has a spelling for it.
  var isFinite: Bool { get }
  /// Reads it where the general decoder would read the same, and leaves everything else to that one.
  static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Self
  /// Reads it into a property.
  ///
  /// - Parameters:
  ///   - reader: where it stands.
  ///   - property: the address of a property of this type or, if it is optional, of `Self?`.
  ///   - isOptional: whether it is.
  static func read(
    _ reader: inout ByteReader, into property: UnsafeMutableRawPointer, isOptional: Bool
  ) throws(ByteReader.Malformed)
}

extension RecordValue {
  package static var numbers: [RecordNumber<Self>] { [] }
  package var number: Double? { nil }
  package var isFinite: Bool { true }

  package static func read(
    _ reader: inout ByteReader, into property: UnsafeMutableRawPointer, isOptional: Bool
  ) throws(ByteReader.Malformed) {
    if isOptional {
      property.assumingMemoryBound(to: Self?.self).pointee =
        try reader.takeNull() ? nil : try read(&reader)
    } else {
      property.assumingMemoryBound(to: Self.self).pointee = try read(&reader)
    }
  }
}

/// A number within an object, by its path.
package struct RecordNumber<Owner>: Sendable {
  /// Where it stands: names with points between them.
  package let path: String
  /// What it is in words.
  package let words: String
  /// Its unit.
  package let unit: String?
  /// What it may be compared with.
  package let role: RecordRole
  /// The number of an object.
  package let value: @Sendable (Owner) -> Double?

  /// Describes a number.
  package init(
    _ path: String, _ words: String, unit: String? = nil, role: RecordRole = .plain,
    value: @escaping @Sendable (Owner) -> Double?
  ) {
    self.path = path
    self.words = words
    self.unit = unit
    self.role = role
    self.value = value
  }

  /// The same number of what the object is a part of.
  func within<Whole>(
    _ name: String, _ part: @escaping @Sendable (Whole) -> Owner?
  ) -> RecordNumber<Whole> {
    RecordNumber<Whole>("\(name).\(path)", words, unit: unit, role: role) { [value] whole in
      part(whole).flatMap(value)
    }
  }
}

extension Double: RecordValue {
  package static var kind: RecordKind { .number }
  package var number: Double? { self }
  package static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Double {
    try reader.required()
  }
}

extension Int: RecordValue {
  package static var kind: RecordKind { .wholeNumber }
  package var number: Double? { Double(self) }
  package static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Int {
    try reader.integer()
  }
}

extension Bool: RecordValue {
  package static var kind: RecordKind { .flag }
  package static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Bool {
    try reader.flag()
  }
}

extension String: RecordValue {
  package static var kind: RecordKind { .text }
  package static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> String {
    try reader.string()
  }
}

extension RecordValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  package static var kind: RecordKind { .word(allCases.map(\.rawValue)) }
  package static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Self {
    guard let value = Self(rawValue: try reader.string()) else { throw ByteReader.Malformed() }
    return value
  }
}

extension Array: RecordValue where Element: RecordValue {
  package static var kind: RecordKind { .list(Element.kind) }
  package static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> [Element] {
    var result: [Element] = []
    try reader.array { (reader) throws(ByteReader.Malformed) in
      result.append(try Element.read(&reader))
    }
    return result
  }
}
