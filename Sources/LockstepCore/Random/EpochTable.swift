/// The rounds of one epoch's ``EpochPermutation`` as tables: the same order, looked up several times
/// faster than it is computed.
///
/// A round knows only one part of a position, of which there are about `√count`; so all that ten rounds
/// can add fits into `10·√count` numbers, 5 kB for 60,000 examples.
///
/// **Determinism:** bit-exact, and equal to the permutation.
///
/// **Concurrency:** a value; each worker has its own.
public struct EpochTable: Sendable {
  /// The epoch of which this is the order; −1 for a table that holds none yet.
  public private(set) var epoch = -1

  private var count: UInt32 = 0
  private var rows: UInt32 = 0
  private var columns: UInt32 = 1
  /// What each round adds, `[rounds × rows]`; of a few examples the order itself.
  private var shifts: [UInt16] = []

  /// Creates a table that holds no order yet.
  public init() {}

  /// Tabulates an order.
  ///
  /// - Complexity: O(√count).
  public mutating func hold(_ order: EpochPermutation) {
    epoch = order.epoch
    count = UInt32(truncatingIfNeeded: order.count)
    rows = order.rows
    columns = order.columns
    if order.count <= EpochPermutation.fewest {
      shifts = (0..<order.count).map { UInt16(truncatingIfNeeded: order[$0]) }
      return
    }
    let side = Int(order.rows)
    let size = EpochPermutation.rounds * side
    if shifts.count != size { shifts = Array(repeating: 0, count: size) }
    shifts.withUnsafeMutableBufferPointer { shifts in
      for round in 0..<EpochPermutation.rounds {
        // 2³¹ examples have parts below 46,342.
        for part in 0..<(round & 1 == 0 ? Int(order.columns) : side) {
          shifts[round * side + part] = UInt16(
            truncatingIfNeeded: order.shift(of: UInt32(truncatingIfNeeded: part), in: round))
        }
      }
    }
  }

  /// Writes the examples at equally spaced positions.
  ///
  /// - Parameters:
  ///   - first: the first position.
  ///   - step: how far apart they are.
  ///   - wanted: how many; the last one is below the number of positions.
  ///   - examples: `[wanted]`, overwritten.
  public func write(
    from first: Int, by step: Int = 1, _ wanted: Int, into examples: UnsafeMutablePointer<Int32>
  ) {
    let (count, rows, columns) = (count, rows, columns)
    shifts.withUnsafeBufferPointer { shifts in
      guard let base = shifts.baseAddress else { return }
      if count <= UInt32(EpochPermutation.fewest) {
        for index in 0..<wanted {
          examples[index] = Int32(base[first &+ index &* step])
        }
        return
      }
      let side = Int(rows)
      var position = first
      for index in 0..<wanted {
        var value = UInt32(truncatingIfNeeded: position)
        position &+= step
        repeat {
          var left = value / columns
          var right = value &- left &* columns
          var round = base
          for _ in 0..<(EpochPermutation.rounds / 2) {
            left = EpochPermutation.sum(left, UInt32(round[Int(right)]), modulo: rows)
            round += side
            right = EpochPermutation.sum(right, UInt32(round[Int(left)]), modulo: columns)
            round += side
          }
          value = left &* columns &+ right
        } while value >= count
        examples[index] = Int32(truncatingIfNeeded: value)
      }
    }
  }
}
