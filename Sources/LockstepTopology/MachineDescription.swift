import LockstepCore

/// The machine of a run, as it stands in the run's record.
///
/// It counts what the process may use, not what the machine has.
public struct MachineDescription: Codable, Equatable, RecordObject {
  /// The processor's name; `unknown` if neither hwloc nor the system knows it.
  public private(set) var processor = ""
  /// The number of cores.
  public private(set) var cores = 0
  /// The number of processing units, or hardware threads.
  public private(set) var processingUnits = 0
  /// The number of NUMA nodes.
  public private(set) var numaNodes = 0
  /// The memory in bytes.
  public private(set) var memoryBytes = 0
  /// The system and its release, for example `Linux 6.1.0`; `unknown` for another machine whose
  /// topology doesn't tell.
  public private(set) var kernel = ""

  package static let fields = RecordTable<MachineDescription>([
    RecordField("processor", \.processor, "The processor's name; `unknown` where nobody knows it."),
    RecordField("cores", \.cores, "The number of cores."),
    RecordField("processingUnits", \.processingUnits, "The number of hardware threads."),
    RecordField("numaNodes", \.numaNodes, "The number of NUMA nodes."),
    RecordField("memoryBytes", \.memoryBytes, "The memory.", unit: "bytes"),
    RecordField("kernel", \.kernel, "The system and its release."),
  ])

  package init() {}

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
