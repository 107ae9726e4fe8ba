import Glibc
import Synchronization

/// A wish that some work end soon, as its parts see it.
///
/// **Concurrency:** any thread may ask or be asked.
public final class Cancellation: Sendable {
  /// How long what is due at the end may take, such as a last evaluation of the loss.
  public static let graceNanoseconds: UInt64 = 400_000_000

  private let requestedAt = Atomic<UInt64>(0)

  /// Creates a wish that nobody has yet.
  public init() {}

  /// Asks for the end.
  public func request() {
    _ = requestedAt.compareExchange(
      expected: 0, desired: max(1, Self.now), ordering: .acquiringAndReleasing)
  }

  /// Whether somebody has asked: no new work is begun.
  public var isRequested: Bool { requestedAt.load(ordering: .acquiring) != 0 }

  /// Whether it is so long ago that what is under way is given up, too.
  public var isOverdue: Bool {
    let time = requestedAt.load(ordering: .acquiring)
    return time != 0 && Self.now &- time > Self.graceNanoseconds
  }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
