import LockstepModels
import LockstepParameters

/// The versions of a parameter vector that can still be read, in a ring.
///
/// **Concurrency:** belongs to one replica.
final class DelayHistory<Scalar: ModelScalar> {
  /// The number of versions kept.
  @exclusivity(unchecked) private(set) var capacity: Int

  private let count: Int
  @exclusivity(unchecked) private var storage: UnsafeMutablePointer<Scalar>

  /// Makes an empty history.
  ///
  /// - Parameters:
  ///   - count: the length of the vector.
  ///   - capacity: the number of versions to keep, at least 1.
  init(count: Int, capacity: Int) {
    self.count = count
    self.capacity = capacity
    storage = Self.allocate(count * capacity)
  }

  deinit { storage.deallocate() }

  /// Makes room for more versions, and forgets those that were kept.
  func reserve(_ capacity: Int) {
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
