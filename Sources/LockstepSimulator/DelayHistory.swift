import LockstepModels
import LockstepParameters

/// The versions of a parameter vector that can still be read, in a ring.
///
/// **Concurrency:** belongs to one replica.
final class DelayHistory<Scalar: ModelScalar> {
  /// The number of versions kept.
  @exclusivity(unchecked) private(set) var capacity: Int

  private let count: Int
  /// Whether there is room from the beginning for the longest delay there can be.
  private let isComplete: Bool
  @exclusivity(unchecked) private var storage: UnsafeMutablePointer<Scalar>

  /// Makes an empty history.
  ///
  /// It has room for the longest delay there can be where that is small, or no drawing makes it
  /// smaller.
  ///
  /// - Parameters:
  ///   - law: the law of delays.
  ///   - steps: the number of versions that will be kept after the first.
  ///   - count: the length of the vector.
  init(law: DelayLaw, steps: Int, count: Int) {
    self.count = count
    let versions = DelayMemory.capacity(of: law, steps: steps)
    isComplete =
      law.isConstant
      || versions * count * MemoryLayout<Scalar>.stride <= DelayMemory.easyBytes
    capacity = isComplete ? versions : 1
    storage = Self.allocate(count * capacity)
  }

  deinit { storage.deallocate() }

  /// Begins a replica: forgets what was kept, and keeps version 0.
  ///
  /// - Parameters:
  ///   - values: `[count]`, version 0.
  ///   - longest: the longest delay that the replica will draw; asked only where it matters.
  func start(_ values: UnsafePointer<Scalar>, longest: () -> Int) {
    if !isComplete { reserve(longest() + 1) }
    keep(values, as: 0)
  }

  private func reserve(_ capacity: Int) {
    guard capacity > self.capacity else { return }
    storage.deallocate()
    storage = Self.allocate(count * capacity)
    self.capacity = capacity
  }

  // A large piece is given pages only where it is written: a ring that never comes round costs what
  // it holds.
  private static func allocate(_ scalars: Int) -> UnsafeMutablePointer<Scalar> {
    LargeMemory.allocate(byteCount: scalars * MemoryLayout<Scalar>.stride)
      .bindMemory(to: Scalar.self, capacity: scalars)
  }

  /// One of the latest ``capacity`` versions that were kept.
  @inline(__always)
  func version(_ number: Int) -> UnsafeMutablePointer<Scalar> {
    storage + number % capacity &* count
  }

  /// Keeps a version, in the place of the oldest.
  @inline(__always)
  func keep(_ values: UnsafePointer<Scalar>, as number: Int) {
    let place = version(number)
    if count == 1 {
      place.pointee = values.pointee
    } else {
      place.update(from: values, count: count)
    }
  }
}
