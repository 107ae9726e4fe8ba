/// A number with its 95 % interval.
public struct Estimate: Equatable, Sendable {
  /// The number.
  public var value: Double
  /// The lower end; `-infinity` where nothing bounds it.
  public var low: Double
  /// The upper end; `infinity` where nothing bounds it.
  public var high: Double
  /// How many measurements it rests on.
  public var count: Int

  /// Creates an estimate.
  public init(value: Double, low: Double, high: Double, count: Int) {
    self.value = value
    self.low = low
    self.high = high
    self.count = count
  }
}
