import LockstepCore

/// One resolved option.
public enum ConfigurationValue: Codable, Equatable, Sendable {
  /// Text.
  case text(String)
  /// A whole number.
  case integer(Int)
  /// A number.
  case number(Double)
  /// Not given, and without a default.
  case null

  /// Reads the value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .null: try container.encodeNil()
    }
  }
}

/// Options by name.
extension Dictionary: RecordValue where Key == String, Value == ConfigurationValue {
  package static var kind: RecordKind { .options }
  package static func read(
    _ reader: inout ByteReader
  ) throws(ByteReader.Malformed) -> [String: ConfigurationValue] {
    var result: [String: ConfigurationValue] = [:]
    try reader.object { (reader, key) throws(ByteReader.Malformed) in
      guard result[key] == nil else { throw ByteReader.Malformed() }
      if try reader.isString {
        result[key] = .text(try reader.string())
      } else if let number = try reader.number() {
        // The general decoder keeps the last digits of long seeds.
        guard number.magnitude < 0x1p53 else { throw ByteReader.Malformed() }
        result[key] = Int(exactly: number).map { .integer($0) } ?? .number(number)
      } else {
        result[key] = .null
      }
    }
    return result
  }
}
