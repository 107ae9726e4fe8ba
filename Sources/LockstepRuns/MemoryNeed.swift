import Foundation
import LockstepCore
import LockstepModels
import LockstepSimulator
import LockstepThreads

/// How much memory the vectors of a run take, worked out before any of them is allocated.
///
/// A single line of a sparse file can name feature two billion, and `--model` can ask for any
/// number of parameters: what would not fit is refused with a sentence instead of being killed by
/// the system half-way.
public struct MemoryNeed: Equatable, Sendable {
  /// The number of parameters `n`.
  public let parameters: Int
  /// The number of workers.
  public let workers: Int
  /// The number of threads that work at the same time.
  public let threads: Int
  /// The bytes of all vectors, as a double, because the product may exceed any integer.
  ///
  /// Shared parameters, optimiser state, copies for evaluation and result, views and gradients of each
  /// worker or thread, and what each of them keeps of the examples it works on.
  public let bytes: Double

  /// The share of the machine's memory that a run's vectors may take.
  public static let largestShare = MemoryAllowance.largestShare

  /// The most examples that a thread works on at a time; models cut larger minibatches up.
  private static let largestPart = 256

  /// Works out the need.
  ///
  /// - Parameters:
  ///   - parameters: the number of parameters `n`.
  ///   - scalarBytes: the size of one.
  ///   - configuration: who trains them how.
  ///   - updatesInPlace: whether the workers make no views; see
  ///     ``ThreadEngine/updatesInPlace(_:configuration:)``.
  ///   - scalarsPerExample: what each thread keeps for an example.
  ///   - batch: the largest number of examples of a minibatch.
  ///   - modelBytesPerParameter: what the model itself keeps, such as eigenvalues.
  ///   - delayBytes: what each thread of a run with `--delay` keeps of old versions and messages.
  ///   - savesState: whether checkpoints are written, each of which is put together in memory first.
  public init(
    parameters: Int, scalarBytes: Int, configuration: RunConfiguration, updatesInPlace: Bool,
    scalarsPerExample: Int = 0, batch: Int = 1, modelBytesPerParameter: Int = 0,
    delayBytes: Double = 0, savesState: Bool = false
  ) {
    self.parameters = parameters
    workers = configuration.workers
    threads = configuration.threads
    let count = Double(parameters)
    let isVirtual = configuration.engine == .virtual
    // What computes at the same time: workers, or the host's threads on their behalf.
    let lanes = Double(
      isVirtual ? configuration.virtual.resolvedHostThreads : configuration.workers)
    // The shared vector and the optimiser's state; a copy to evaluate at and one to hand back.
    var vectors = 3.0 + Double(configuration.optimizer.statePerParameter)
    if isVirtual {
      // Four gradients ahead of their time for each thread, and its view; each replica has its own.
      vectors += lanes * 5 + Self.liveViews(configuration)
      if configuration.virtual.replicas ?? 1 > 1 { vectors *= lanes }
    } else if !updatesInPlace {
      // A view each, and a gradient: of the own shard, or of everything, with the averages of joint
      // steps, a whole vector between them.
      vectors += lanes + (configuration.decomposition == .blocks ? 1 : lanes + 1)
    } else {
      vectors += lanes * Self.sumsInPlace(configuration, batch: batch)
    }
    var bytes = count * vectors * Double(scalarBytes) + count * Double(modelBytesPerParameter)
    // Minibatches are worked on in parts; the evaluation has threads of its own.
    let examples =
      lanes * Double(min(batch, Self.largestPart))
      + Double(ProcessInfo.processInfo.activeProcessorCount * Self.largestPart)
    bytes += examples * Double(scalarsPerExample) * 8
    // Losses are evaluated in double precision: at a copy of the parameters, unless they are that.
    if scalarBytes < 8 { bytes += 8 * count }
    if configuration.initialParametersPath != nil { bytes += 8 * count }
    if configuration.noise != nil {
      bytes += Self.probeBytes(configuration, parameters: parameters, scalarBytes: scalarBytes)
    }
    bytes += delayBytes * (configuration.virtual.replicas ?? 1 > 1 ? lanes : 1)
    if savesState {
      let state =
        1 + Double(configuration.optimizer.statePerParameter)
        + (isVirtual ? Self.liveViews(configuration) : 0)
      bytes += count * state * Double(scalarBytes) + delayBytes
    }
    self.bytes = bytes
  }

  /// How many whole vectors each worker that updates in place keeps for sums: a minibatch's steps where
  /// they are made as one, and their mean over all workers where these join them.
  private static func sumsInPlace(_ configuration: RunConfiguration, batch: Int) -> Double {
    let rules = configuration.policy.rules(of: configuration.workers)[0]
    if rules.joinsSteps { return configuration.decomposition == .samples ? 2 : 1 }
    return rules.isDeterministic && (batch > 1 || configuration.decomposition == .blocks) ? 1 : 0
  }

  /// What noise probes keep: the vectors of an estimator and of an observation in double precision,
  /// and what workers have put down for it.
  private static func probeBytes(
    _ configuration: RunConfiguration, parameters: Int, scalarBytes: Int
  ) -> Double {
    let state = configuration.optimizer.statePerParameter
    let vectors = 8 * Double(parameters) * Double(20 + 2 * state)
    guard configuration.engine == .threads else { return vectors }
    let slots = ObservationMemory(
      parameters: parameters, stateVectors: state, scalarBytes: scalarBytes)
    return vectors + slots.bytes
  }

  /// How many whole vectors the views of a simulated run can come to.
  private static func liveViews(_ configuration: RunConfiguration) -> Double {
    guard configuration.virtual.delay == nil else { return 0 }
    // Whoever is in flight in `blocks` shares the shards that nobody has updated meanwhile; those of
    // a few rounds are live at once.
    if configuration.decomposition == .blocks { return 4 }
    let rules = configuration.policy.rules(of: configuration.workers)[0]
    if rules.joinsSteps { return 2 }
    let live = Double(min(configuration.workers, configuration.updates ?? .max))
    // Where applying takes time, an update's gradient is kept as long.
    return (configuration.virtual.applyTime == nil ? live : 2 * live) + 1
  }

  /// Whether the need fits into the memory of this machine, or of the control group it runs in, and
  /// into the address space that `ulimit` leaves.
  public var fits: Bool {
    bytes <= Self.largestShare * Double(Self.availableBytes) && bytes <= addressSpace ?? bytes
  }

  /// What the limits on the process's address space leave for vectors, beside the stacks of threads
  /// and what everything else takes; `nil` without a limit.
  private var addressSpace: Double? {
    MemoryAllowance.addressSpaceLeft.map { left in
      Double(left) - Double(threads) * Double(MemoryAllowance.threadBytes)
        - Double(MemoryAllowance.spareAddressSpace)
    }
  }

  /// What is wrong, as a sentence.
  public func complaint(_ model: String) -> String {
    let need =
      "\(model) has \(NumberText.counted(parameters, "parameter")), for which "
      + "\(NumberText.counted(workers, "worker needs", "workers need")) about "
      + "\(NumberText.bytes(bytes)), more than "
    if let addressSpace, bytes > addressSpace {
      return need
        + "the \(NumberText.bytes(max(0, addressSpace))) of address space that ulimit leaves "
        + "beside \(NumberText.counted(threads, "thread")); allow more (ulimit -v)"
    }
    return need + "80 % of this machine's \(NumberText.bytes(Double(Self.availableBytes)))"
  }

  /// The physical memory in bytes, or the limit of the process's control group where that is less.
  public static var availableBytes: UInt64 { MemoryAllowance.totalBytes }
}

extension MemoryNeed {
  /// Refuses a run whose vectors would not fit: of a run, and of a trace that is executed again.
  ///
  /// - Throws: ``DataError/unsuitable(reason:)``.
  static func require<Model: Objective>(
    _ model: Model, _ resolved: ResolvedRun, _ prepared: PreparedModel, savesState: Bool = false
  ) throws {
    let configuration = resolved.configuration
    let need = MemoryNeed(
      parameters: model.parameterCount, scalarBytes: MemoryLayout<Model.Scalar>.stride,
      configuration: configuration,
      updatesInPlace: configuration.engine == .threads && configuration.noise == nil
        && ThreadEngine.updatesInPlace(model, configuration: resolved.engine),
      scalarsPerExample: model.scalarsPerExample,
      batch: resolved.engine.minibatches?.longest ?? resolved.engine.batch,
      delayBytes: try delayBytes(model, resolved), savesState: savesState)
    guard need.fits else {
      let data = prepared.dataName.map { " on \($0)" } ?? ""
      throw DataError.unsuitable(
        reason: need.complaint(configuration.model.specification + data))
    }
  }

  /// What a thread of a run with `--delay` keeps of old versions and messages.
  private static func delayBytes<Model: Objective>(
    _ model: Model, _ resolved: ResolvedRun
  ) throws -> Double {
    let virtual = resolved.configuration.virtual
    guard let delay = virtual.delay else { return 0 }
    return DelayMemory.bytes(
      try DelayLaw(delay), scope: virtual.delayScope ?? .read, configuration: resolved.engine,
      parameters: model.parameterCount, scalarBytes: MemoryLayout<Model.Scalar>.stride)
  }
}

extension QuadraticSpecification.Matrix {
  /// The dimension, where it is known without opening a file.
  var dimension: Int? {
    switch self {
    case .conditioned(let dimension, _), .coupled(let dimension, _), .laplacian(let dimension):
      dimension
    case .eigenvalues(let values): values.count
    case .file: nil
    }
  }
}
