import LockstepTopology

/// Synthetic machines that the tests place workers on.
enum Machines {
  /// Two packages with a NUMA node each, four cores of two hardware threads in each.
  static let dual = "package:2 numa:1 core:4 pu:2"
  /// Two packages of two L3 caches, two cores each, two hardware threads each; one NUMA node.
  static let cached = "package:2 l3:2 core:2 pu:2"
  /// The system numbers processors so that the siblings of core 0 are 0 and 4.
  static let interleaved = "package:2 numa:1 core:2 pu:2(indexes=0,4,2,6,1,5,3,7)"
  /// One package of two NUMA nodes.
  static let clustered = "package:1 numa:2 core:2 pu:1"

  /// The logical numbers of each worker's processing units.
  static func logical(
    _ pin: String, workers: Int, on description: String = dual
  ) throws -> [[Int]] {
    try plan(pin, workers: workers, on: description).placements.map(\.logical)
  }

  static func plan(
    _ pin: String, workers: Int, on description: String = dual
  ) throws -> PlacementPlan {
    try PlacementPlan(
      workers: workers, pin: PinPlan(pin), on: Topology(.synthetic(description)))
  }
}
