/// An object of a record: all that is done with its fields is done by its table.
package protocol RecordObject: RecordValue {
  /// The table.
  static var fields: RecordTable<Self> { get }
  /// An object in which nothing is known.
  init()
}

extension RecordObject {
  package static var kind: RecordKind { .object(fields.entries) }
  package static var numbers: [RecordNumber<Self>] { fields.fields.flatMap(\.numbers) }

  package static func read(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> Self {
    var result = Self()
    try withUnsafeMutablePointer(to: &result) { (object) throws(ByteReader.Malformed) in
      try fields.layout.read(into: UnsafeMutableRawPointer(object), &reader)
    }
    return result
  }

  /// Reads an object; what the table doesn't name is passed over.
  public init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: RecordKey.self)
    for field in Self.fields.fields { try field.decode(&self, container) }
  }

  /// Writes every field of the table.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: RecordKey.self)
    for field in Self.fields.fields { try field.encode(self, &container) }
  }
}

/// The name of a field, for coders.
package struct RecordKey: CodingKey {
  package let stringValue: String
  package var intValue: Int? { nil }
  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}

/// The fields of an object, in the order in which tables show them.
package struct RecordTable<Owner>: Sendable {
  /// The fields.
  package let fields: [RecordField<Owner>]
  /// How the fast reader sees them.
  let layout: RecordLayout

  /// Makes a table of at most 64 fields with names of their own.
  package init(_ fields: [RecordField<Owner>]) {
    self.fields = fields
    layout = RecordLayout(fields.map { ($0.entry, $0.slot) })
  }

  /// What is said of the fields.
  package var entries: [RecordEntry] { fields.map(\.entry) }

  /// The fields of a part, for an object that has them among its own.
  package func among<Whole>(
    _ path: WritableKeyPath<Whole, Owner> & Sendable
  ) -> [RecordField<Whole>] {
    fields.map { RecordField($0, among: path) }
  }
}
