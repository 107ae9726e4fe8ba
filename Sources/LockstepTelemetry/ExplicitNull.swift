/// A number that is written as `null`, never left out and never as `NaN`, where it cannot be had.
@propertyWrapper
public struct ExplicitNull: Codable, Equatable, Sendable {
  /// The number, if there is one.
  public var wrappedValue: Double?

  /// Wraps a number.
  public init(wrappedValue: Double?) {
    self.wrappedValue = wrappedValue
  }

  /// Reads the value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : try container.decode(Double.self)
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let value = wrappedValue, value.isFinite {
      try container.encode(value)
    } else {
      try container.encodeNil()
    }
  }
}
