/// A field of an object: what is said of it, and how it is read, written and looked at.
package struct RecordField<Owner>: Sendable {
  /// What is said of it.
  package let entry: RecordEntry
  /// Its value in an object as a number; `nil` where it is none.
  package let number: @Sendable (Owner) -> Double?
  /// The metrics that it is or holds.
  package let numbers: [RecordNumber<Owner>]
  /// Where the fast reader puts its value.
  let slot: RecordLayout.Slot
  let decode: @Sendable (inout Owner, KeyedDecodingContainer<RecordKey>) throws -> Void
  let encode: @Sendable (Owner, inout KeyedEncodingContainer<RecordKey>) throws -> Void

  /// Describes a field that always has a value.
  ///
  /// - Parameters:
  ///   - name: its name in JSON, which is also the property's.
  ///   - path: the property.
  ///   - definition: what it is, in a sentence.
  ///   - words: what it is as a metric; `nil` if it is none.
  ///   - unit: the number's unit.
  ///   - role: what the number may be compared with.
  package init<Value: RecordValue>(
    _ name: String, _ path: WritableKeyPath<Owner, Value> & Sendable, _ definition: String,
    metric words: String? = nil, unit: String? = nil, role: RecordRole = .plain
  ) {
    let key = RecordKey(stringValue: name)
    self.init(
      RecordEntry(
        name: name, kind: Value.kind, absence: .never, definition: definition, words: words,
        unit: unit, role: role),
      Value.self, of: { $0[keyPath: path] },
      slot: .init(offset: Self.offset(of: path), type: Value.self, isOptional: false),
      decode: { owner, container in
        owner[keyPath: path] = try container.decode(Value.self, forKey: key)
      },
      encode: { owner, container in
        try container.encode(owner[keyPath: path], forKey: key)
      })
  }

  /// Describes a field that may be without a value.
  ///
  /// - Parameter absence: what stands there then.
  package init<Value: RecordValue>(
    _ name: String, _ path: WritableKeyPath<Owner, Value?> & Sendable, _ absence: RecordAbsence,
    _ definition: String, metric words: String? = nil, unit: String? = nil,
    role: RecordRole = .plain
  ) {
    let key = RecordKey(stringValue: name)
    self.init(
      RecordEntry(
        name: name, kind: Value.kind, absence: absence, definition: definition, words: words,
        unit: unit, role: role),
      Value.self, of: { $0[keyPath: path] },
      slot: .init(offset: Self.offset(of: path), type: Value.self, isOptional: true),
      decode: { owner, container in
        if absence.mayBeMissing, !container.contains(key) { return }
        owner[keyPath: path] =
          try container.decodeNil(forKey: key)
          ? nil : try container.decode(Value.self, forKey: key)
      },
      encode: { owner, container in
        if let value = owner[keyPath: path], value.isFinite {
          try container.encode(value, forKey: key)
        } else if absence != .leftOut {
          try container.encodeNil(forKey: key)
        }
      })
  }

  private init<Value: RecordValue>(
    _ entry: RecordEntry, _ type: Value.Type, of value: @escaping @Sendable (Owner) -> Value?,
    slot: RecordLayout.Slot,
    decode: @escaping @Sendable (inout Owner, KeyedDecodingContainer<RecordKey>) throws -> Void,
    encode: @escaping @Sendable (Owner, inout KeyedEncodingContainer<RecordKey>) throws -> Void
  ) {
    let number: @Sendable (Owner) -> Double? = { value($0)?.number }
    self.entry = entry
    self.number = number
    let own = entry.words.map {
      RecordNumber(entry.name, $0, unit: entry.unit, role: entry.role, value: number)
    }
    numbers = [own].compactMap(\.self) + Value.numbers.map { $0.within(entry.name, value) }
    self.slot = slot
    self.decode = decode
    self.encode = encode
  }

  /// The field of a part, among those of the whole.
  init<Part>(_ field: RecordField<Part>, among path: WritableKeyPath<Owner, Part> & Sendable) {
    entry = field.entry
    number = { field.number($0[keyPath: path]) }
    numbers = []
    slot = .init(
      offset: Self.offset(of: path) + field.slot.offset, type: field.slot.type,
      isOptional: field.slot.isOptional)
    decode = { owner, container in try field.decode(&owner[keyPath: path], container) }
    encode = { owner, container in try field.encode(owner[keyPath: path], &container) }
  }

  private static func offset<Value>(of path: WritableKeyPath<Owner, Value>) -> Int {
    guard let offset = MemoryLayout<Owner>.offset(of: path) else {
      preconditionFailure("\(path) is no stored property")
    }
    return offset
  }
}
