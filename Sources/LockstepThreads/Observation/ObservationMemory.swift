/// How much memory the engine of real threads keeps for observations that nobody has looked at yet.
public struct ObservationMemory: Equatable, Sendable {
  /// The most memory of all slots, unless a single one takes more.
  public static let largestBytes = 64 << 20
  /// The most slots.
  public static let largestCount = 64

  /// The vectors of one slot, in bytes: the parameters, the view and the optimiser's state.
  public let slotBytes: Double

  /// Works out a slot.
  public init(parameters: Int, stateVectors: Int, scalarBytes: Int) {
    slotBytes = Double(parameters) * Double(2 + stateVectors) * Double(scalarBytes)
  }

  /// The number of slots: at least one.
  ///
  /// - Parameter wanted: the number of observations of the run.
  public func slots(wanted: Int = .max) -> Int {
    let fitting = Double(Self.largestBytes) / max(1, slotBytes)
    return max(1, min(wanted, Self.largestCount, Int(fitting)))
  }

  /// The bytes of as many slots as a run can have.
  public var bytes: Double { slotBytes * Double(slots()) }
}
