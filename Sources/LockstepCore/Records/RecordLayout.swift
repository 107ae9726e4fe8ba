/// An object as the fast reader sees it: where the value of each name goes.
///
/// Reading a field by its key path counts references to the path and to what holds it, which all threads share, and
/// costs more than parsing a number. So a value is stored where the property is: `MemoryLayout.offset(of:)` gives the
/// place of a stored property for exactly this.
final class RecordLayout: Sendable {
  /// Where a property is, and what it holds.
  struct Slot: Sendable {
    /// The bytes between the object's address and the property's.
    let offset: Int
    /// The type of the value.
    let type: any RecordValue.Type
    /// Whether the property is of this type, or of one that may be `nil`.
    let isOptional: Bool
  }

  // The fields as the writer puts them, in the order of their names; the names stand one after the other.
  private let names: [UInt8]
  private let ends: [Int]
  private let slots: [Slot]
  private let required: UInt64

  init(_ fields: [(entry: RecordEntry, slot: Slot)]) {
    precondition(
      Set(fields.map(\.entry.name)).count == fields.count && fields.count <= 64,
      "at most 64 fields with names of their own")
    let sorted = fields.sorted { $0.entry.name < $1.entry.name }
    names = sorted.flatMap { Array($0.entry.name.utf8) }
    ends = sorted.reduce(into: []) { $0.append(($0.last ?? 0) + $1.entry.name.utf8.count) }
    slots = sorted.map(\.slot)
    required = sorted.enumerated().reduce(0) { mask, field in
      field.element.entry.absence.mayBeMissing ? mask : mask | 1 << UInt64(field.offset)
    }
  }

  /// Reads an object: each field that the table names once, with none missing that has to be there.
  ///
  /// - Parameters:
  ///   - object: the address of an initialised object of the table's type.
  ///   - reader: at the object's beginning.
  /// - Throws: ``ByteReader/Malformed`` for any other object, which is left to the general decoder.
  func read(
    into object: UnsafeMutableRawPointer, _ reader: inout ByteReader
  ) throws(ByteReader.Malformed) {
    var seen: UInt64 = 0
    var next = 0
    try reader.expect(UInt8(ascii: "{"))
    if try !reader.take(UInt8(ascii: "}")) {
      repeat {
        let name = try reader.name()
        if let place = place(of: name, in: reader, from: next) {
          let bit: UInt64 = 1 << UInt64(place)
          guard seen & bit == 0 else { throw ByteReader.Malformed() }
          seen |= bit
          next = place + 1
          let slot = slots[place]
          try slot.type.read(&reader, into: object + slot.offset, isOptional: slot.isOptional)
        } else {
          try reader.skip()
        }
      } while try reader.take(UInt8(ascii: ","))
      try reader.expect(UInt8(ascii: "}"))
    }
    guard seen & required == required else { throw ByteReader.Malformed() }
  }

  /// Which field a name is, by the order of names; most of the time it is the one after the last.
  private func place(of name: Range<Int>, in reader: ByteReader, from next: Int) -> Int? {
    var place = next
    for _ in ends.indices {
      if place >= ends.count { place = 0 }
      if reader.isName(name, names, from: place == 0 ? 0 : ends[place - 1], to: ends[place]) {
        return place
      }
      place += 1
    }
    return nil
  }
}
