import Foundation
import Lockstep
import Synchronization

/// Ctrl-C and a polite kill: every command answers within a second, whatever it is doing.
///
/// A thread of its own waits for the two signals, which all others have blocked. At the first it asks
/// the command whether there is anything to keep. If not, the process ends there and then. If there
/// is, the command has ``graceSeconds`` to stop what it does; then it ends without it, unless all
/// that is left is to write down what there is. A second signal ends it at once.
///
/// However the process ends, no file is left half-written: what has not got its name yet is removed.
///
/// **Concurrency:** ``listen()`` is called once, before other threads are made; the rest from any.
enum Interruption {
  /// What a command does at the first signal, and what is said if it doesn't come to an end.
  struct Answer: Sendable {
    /// Asks for the end; false where there is nothing to keep.
    var ask: @Sendable () -> Bool = { false }
    /// What is said where there is nothing to keep.
    var nothing = "interrupted"
    /// What is said where the command did not stop in time.
    var late = "interrupted; it did not stop within a second, and what it had is lost"
    /// How it ends then.
    var status = ExitStatus.interrupted
  }

  /// How long a command may take to stop.
  static let graceSeconds = 0.8

  private struct State {
    var answer = Answer()
    var isWriting = false
  }

  private static let state = Mutex(State())

  /// Starts to wait for signals.
  ///
  /// Where no thread can be had, signals end the process as they always do.
  static func listen() {
    // Optimised code of Swift 6.3 leaves out the initializer of a global mutex whose value holds a function,
    // and the thread would call one at address 0.
    state.withLock { $0 = State() }
    var signals = signalSet
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { _ in
        Interruption.wait()
        return nil
      }, nil)
    if code != 0 { pthread_sigmask(SIG_UNBLOCK, &signals, nil) }
  }

  /// Does something with an answer to signals; then the one of before holds again.
  static func answering<Result>(
    _ answer: Answer, _ body: () throws -> Result
  ) rethrows -> Result {
    let before = state.withLock { state in
      let before = state
      state = State(answer: answer)
      return before
    }
    defer { state.withLock { $0 = before } }
    return try body()
  }

  /// Notes that everything that is left is to write down what there is.
  static func beginWriting() { state.withLock { $0.isWriting = true } }

  /// Notes that the work goes on after something was written down.
  static func endWriting() { state.withLock { $0.isWriting = false } }

  /// Changes what is said and how it ends where the command does not stop in time.
  static func answerLate(with remark: String, status: ExitStatus) {
    state.withLock { ($0.answer.late, $0.answer.status) = (remark, status) }
  }

  private static var signalSet: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGINT, SIGTERM] { sigaddset(&signals, number) }
    return signals
  }

  private static func wait() {
    var signals = signalSet
    var number: Int32 = 0
    while sigwait(&signals, &number) != 0 {}
    let answer = state.withLock { $0.answer }
    guard answer.ask() else { end(answer, answer.nothing) }
    var grace = timespec(tv_sec: 0, tv_nsec: Int(graceSeconds * 1e9))
    if sigtimedwait(&signals, nil, &grace) < 0 {
      guard state.withLock(\.isWriting) else { end(answer, answer.late) }
      Console.say("lockstep: interrupted; writing what there is, a second Ctrl-C ends at once")
      while sigwait(&signals, &number) != 0 {}
    }
    PartialFiles.discardAll()
    _exit(ExitStatus.interrupted.rawValue)
  }

  /// Ends the process without the exit handlers: others are still at work.
  private static func end(_ answer: Answer, _ remark: String) -> Never {
    PartialFiles.discardAll()
    Console.say("lockstep: \(remark)")
    _exit(answer.status.rawValue)
  }
}
