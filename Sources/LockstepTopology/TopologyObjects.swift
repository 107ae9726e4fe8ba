/// A hardware thread: what the operating system calls a processor.
public struct ProcessingUnit: Equatable, Sendable {
  /// hwloc's number: neighbours in the machine have neighbouring numbers.
  public let logical: Int
  /// The operating system's number, as `taskset` and `/proc` have it.
  public let os: Int
  /// The logical number of its core; `nil` if it lies in none, though others do.
  public let core: Int?
  /// The logical number of its package; `nil` if it lies in none, though others do.
  public let package: Int?
  /// The operating system's number of its NUMA node; `nil` if it has none.
  public let numaNode: Int?
}

/// A core with the processing units that the process may use.
public struct Core: Equatable, Sendable {
  /// hwloc's number.
  public let logical: Int
  /// Its processing units, by logical number, ascending.
  public let processingUnits: [Int]
}

/// A processor package, or socket, with the processing units that the process may use.
public struct Package: Equatable, Sendable {
  /// hwloc's number.
  public let logical: Int
  /// Its processing units, by logical number, ascending.
  public let processingUnits: [Int]
}

/// A NUMA node: memory, and the processing units that are close to it.
public struct NUMANode: Equatable, Sendable {
  /// hwloc's number.
  public let logical: Int
  /// The operating system's number, as `numactl` has it.
  public let os: Int
  /// The processing units close to it, by logical number, ascending; none for memory alone.
  public let processingUnits: [Int]
  /// Its memory in bytes.
  public let memoryBytes: Int
}

/// A cache and who shares it.
public struct Cache: Equatable, Sendable {
  /// What it holds.
  public enum Contents: String, Codable, Equatable, Sendable {
    /// Data and instructions.
    case unified
    /// Data.
    case data
    /// Instructions.
    case instruction
  }

  /// The level: 1 is next to the core.
  public let level: Int
  /// What it holds.
  public let contents: Contents
  /// Its size in bytes.
  public let sizeBytes: Int
  /// The processing units that share it, by logical number, ascending.
  public let processingUnits: [Int]
}
