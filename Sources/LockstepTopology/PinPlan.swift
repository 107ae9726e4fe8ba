import LockstepCore

/// The rule that says where workers sit, as it is written after `--pin`.
///
/// | form | worker p is bound to |
/// |---|---|
/// | `none` | nothing; the system moves it as it likes |
/// | `compact` | the p-th processing unit in logical order: neighbours share a core, then caches |
/// | `scatter` | one processing unit, as far as can be from those of the workers before it |
/// | `cores` | the p-th core, with all its processing units |
/// | `sockets` | package p mod the number of packages, with all its processing units |
/// | `numa` | NUMA node p mod the number of nodes, with the processing units closest to it |
/// | `core:0-3` | the p-th core of the list, by logical number |
/// | `pu:0,2` | the p-th processing unit of the list, by logical number |
/// | `os:0-3,8` | the p-th processing unit of the list, by the operating system's number |
/// | `0xf1` | the p-th processing unit of the mask, in ascending order of the system's numbers |
///
/// A list is taken in the order in which it is written. If there are more workers than places, the
/// workers go round: worker p has the place p mod the number of places.
///
/// A mask is written as `taskset` writes it, of any length (`0xff`), or as hwloc does, in groups of
/// 32 bits with the highest first (`0x00000001,0x00000000`).
public struct PinPlan: Equatable, Sendable, CustomStringConvertible {
  /// The kinds of rule.
  public enum Rule: Equatable, Sendable {
    /// Nobody is bound.
    case none
    /// Processing unit by processing unit, in logical order.
    ///
    /// Cores fill up one after the other: a core's hardware threads all have a worker before the
    /// next core has one.
    case compact
    /// As far apart as possible, in the order of ``ScatterOrder``.
    ///
    /// Every core has a worker before any has two. Among the cores with the fewest workers, packages
    /// come in turn, in each the NUMA nodes, then dies and the groups that share a cache, then cores.
    case scatter
    /// A whole core each.
    case cores
    /// A whole package each, of those that have a usable processing unit. What lies in no package
    /// is left alone, unless there is no package at all: then the machine is the only place.
    case sockets
    /// A whole NUMA node each: the processing units that are closest to it. Nodes that are closest
    /// to none, as memory alone or large memory behind other nodes, are passed over.
    case numa
    /// A whole core each, by logical numbers.
    case coreList([Int])
    /// A processing unit each, by logical numbers.
    case processingUnitList([Int])
    /// A processing unit each, by the operating system's numbers.
    case osList([Int])
    /// A processing unit each, by the operating system's numbers, ascending.
    case mask([Int])
  }

  /// The rule.
  public let rule: Rule
  /// The text it was read from.
  public let specification: String

  /// The text it was read from.
  public var description: String { specification }

  /// Nobody is bound.
  public static let none = PinPlan(rule: .none, specification: "none")
  /// Processing unit by processing unit, in logical order: the default.
  public static let compact = PinPlan(rule: .compact, specification: "compact")
  /// As far apart as possible.
  public static let scatter = PinPlan(rule: .scatter, specification: "scatter")
  /// A whole core each.
  public static let cores = PinPlan(rule: .cores, specification: "cores")
  /// A whole package each.
  public static let sockets = PinPlan(rule: .sockets, specification: "sockets")
  /// A whole NUMA node each.
  public static let numa = PinPlan(rule: .numa, specification: "numa")

  /// The forms, for help and error messages.
  public static let forms = [
    "none", "compact", "scatter", "cores", "sockets", "numa", "core:LIST", "pu:LIST", "os:LIST",
    "0xMASK",
  ]

  init(rule: Rule, specification: String) {
    self.rule = rule
    self.specification = specification
  }
}
