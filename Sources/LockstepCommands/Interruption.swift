import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C and a polite kill into a call, once; a second one ends the process at once.
///
/// **Concurrency:** made and ended by one thread; the handler runs on a queue of its own.
final class Interruption {
  private let sources: [any DispatchSourceSignal]

  /// Starts to listen.
  ///
  /// - Parameter handler: what to do at the first signal; runs on a queue of its own.
  init(_ handler: @escaping @Sendable () -> Void) {
    let count = Counter()
    let queue = DispatchQueue(label: "lockstep.signals")
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        // At once, without the exit handlers: workers are still running.
        if count.next() > 1 { _exit(ExitStatus.interrupted.rawValue) }
        handler()
      }
      source.resume()
      return source
    }
  }

  private final class Counter: Sendable {
    private let value = Atomic<Int>(0)
    func next() -> Int { value.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue }
  }

  /// Stops listening; signals act as they did before.
  func end() {
    for source in sources { source.cancel() }
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
  }
}
