/// The machine of a run, as it stands in the run's record.
///
/// It counts what the process may use, not what the machine has.
public struct MachineDescription: Codable, Equatable, Sendable {
  /// The processor's name; `unknown` if neither hwloc nor the system knows it.
  public let processor: String
  /// The number of cores.
  public let cores: Int
  /// The number of processing units, or hardware threads.
  public let processingUnits: Int
  /// The number of NUMA nodes.
  public let numaNodes: Int
  /// The memory in bytes.
  public let memoryBytes: Int
  /// The system and its release, for example `Linux 6.1.0`; `unknown` for another machine whose
  /// topology doesn't tell.
  public let kernel: String

  /// Describes a machine.
  ///
  /// - Parameters:
  ///   - processor: the processor's name.
  ///   - cores: the number of cores.
  ///   - processingUnits: the number of hardware threads.
  ///   - numaNodes: the number of NUMA nodes.
  ///   - memoryBytes: the memory in bytes.
  ///   - kernel: the system and its release.
  public init(
    processor: String, cores: Int, processingUnits: Int, numaNodes: Int, memoryBytes: Int,
    kernel: String
  ) {
    self.processor = processor
    self.cores = cores
    self.processingUnits = processingUnits
    self.numaNodes = numaNodes
    self.memoryBytes = memoryBytes
    self.kernel = kernel
  }
}
