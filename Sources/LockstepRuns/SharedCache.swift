import Foundation

/// Values that take long to make: each is made once and shared by everyone who asks for it.
///
/// A cache keeps the values that were asked for last, as many as its capacity says.
///
/// **Concurrency:** any thread may ask. Whoever asks first makes the value, and others who want the
/// same wait for it, while different values are made side by side. Every access happens under a
/// lock, which is the invariant behind `@unchecked Sendable`. The locks are `NSLock`s: readers go on
/// to use an object that another thread initialised, and the thread sanitizer does not see that a
/// contended `Mutex` orders the two (`.ci/thread-sanitizer.supp`).
package final class SharedCache<Value: Sendable>: @unchecked Sendable {
  private final class Entry: @unchecked Sendable {
    let lock = NSLock()
    var value: Value?
  }

  private let capacity: Int
  private let lock = NSLock()
  private var entries: [String: Entry] = [:]
  /// Keys, the one that was asked for last at the end.
  private var order: [String] = []

  /// Creates an empty cache of at most `capacity` values.
  package init(capacity: Int) {
    precondition(capacity >= 1, "a cache holds at least one value")
    self.capacity = capacity
  }

  /// The value of a key: the one that was made before, or a new one.
  ///
  /// - Throws: what `make` throws; the next caller tries again.
  package func value<Failure: Error>(
    of key: String, make: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let entry = entry(of: key)
    entry.lock.lock()
    defer { entry.lock.unlock() }
    if let value = entry.value { return value }
    let made = try make()
    entry.value = made
    return made
  }

  private func entry(of key: String) -> Entry {
    lock.lock()
    defer { lock.unlock() }
    order.removeAll { $0 == key }
    order.append(key)
    if let entry = entries[key] { return entry }
    let entry = Entry()
    entries[key] = entry
    if order.count > capacity { entries[order.removeFirst()] = nil }
    return entry
  }
}
