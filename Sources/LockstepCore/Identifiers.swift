/// A worker: one long-running block on its own private serial Dispatch queue, numbered from 0.
public struct WorkerID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The worker's number, from 0.
  public let index: Int

  /// Creates the identifier of worker number `index`.
  @inlinable
  public init(_ index: Int) {
    precondition(index >= 0, "a worker's number is never negative")
    self.index = index
  }

  /// Orders workers by their numbers.
  @inlinable
  public static func < (first: WorkerID, second: WorkerID) -> Bool {
    first.index < second.index
  }

  /// The sentence for the person who sees it.
  public var description: String { "worker \(index)" }
}

/// What the workers divide among themselves.
public enum Decomposition: String, CaseIterable, Sendable {
  /// Worker `p` owns shard `p`: it computes `∂L/∂w_p` at its view and updates only that shard.
  case blocks
  /// Worker `p` draws its own minibatch, computes the whole gradient and updates every shard.
  case samples
}

/// The floating-point type that parameters and gradients are held in.
public enum Precision: String, CaseIterable, Sendable {
  /// 32-bit floating point.
  case single
  /// 64-bit floating point.
  case double
}

/// Who does the dense linear algebra.
public enum KernelChoice: String, CaseIterable, Sendable {
  /// CBLAS from BLIS: fast, and its summation order depends on the processor.
  case blas
  /// Lockstep's own loops in a fixed summation order: the same bits on every processor.
  case portable
}
