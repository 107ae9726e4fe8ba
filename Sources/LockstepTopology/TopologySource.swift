/// Where a topology comes from.
public enum TopologySource: Equatable, Sendable {
  /// This machine, as far as the process may use it.
  case live
  /// A description in hwloc's words, for example `package:2 numa:1 core:4 pu:2`: each level with
  /// its number of objects in one object of the level above, down to `pu`.
  case synthetic(String)
  /// A file that hwloc or ``Topology/exportXML(to:)`` wrote.
  case xml(String)
}
