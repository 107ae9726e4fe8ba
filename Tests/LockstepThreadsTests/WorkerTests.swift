import CSharedMemory
import Foundation
import LockstepCore
import LockstepModels
import LockstepTopology
import Testing

@testable import LockstepThreads

@Suite(.timeLimit(.minutes(15)), .serialized) struct `Workers` {
  /// What the kernel says a thread may run on.
  private static func allowed(_ thread: Int32) -> String? {
    guard
      let status = try? String(
        contentsOfFile: "/proc/self/task/\(thread)/status", encoding: .utf8)
    else { return nil }
    return status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
      .map { $0.split(separator: "\t").last.map(String.init) ?? "" }
  }

  /// Whether a thread is gone or, at some moment soon, bound to no more than the process is.
  ///
  /// The pool may have lent the thread to a test that runs beside this one and binds it again; one
  /// that was left bound would stay so, since whoever borrows it puts back what it found.
  private static func becomesFree(_ thread: Int32, _ before: String) -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while let now = allowed(thread), now != before {
      if ContinuousClock.now > deadline { return false }
      sched_yield()
    }
    return true
  }

  @Test func `are bound to their place while they run, and to nothing of it afterwards`() throws {
    let topology = try Topology(.live)
    let workers = topology.processingUnits.count
    let before = try #require(Self.allowed(lockstep_thread_number()))
    let seen = Guarded<[Int: (thread: Int32, allowed: String)]>([:])
    var probe = EngineProbe()
    probe.beforeIteration = { worker, _ in
      let thread = lockstep_thread_number()
      let allowed = Self.allowed(thread) ?? "?"
      seen.withLock { $0[worker] = (thread, allowed) }
    }
    _ = try Trial(
      policy: Hogwild(), workers: workers, updates: 400 * workers, pin: "compact", probe: probe
    ).run(Models.quadratic("dimension=4096"))
    let threads = seen.withLock { $0 }
    #expect(!threads.isEmpty)
    for (worker, state) in threads {
      #expect(state.allowed == "\(topology.processingUnits[worker].os)")
      #expect(Self.becomesFree(state.thread, before))
    }
  }

  @Test func `that are not pinned keep the process's binding`() throws {
    let before = try #require(Self.allowed(lockstep_thread_number()))
    let different = Guarded(0)
    var probe = EngineProbe()
    probe.beforeIteration = { _, _ in
      if Self.allowed(lockstep_thread_number()) != before { different.withLock { $0 += 1 } }
    }
    _ = try Trial(policy: Hogwild(), workers: 3, updates: 60, pin: "none", probe: probe)
      .run(Models.quadratic("dimension=8"))
    #expect(different.withLock { $0 } == 0)
  }

  /// Whether a thread sleeps.
  private static func isAsleep(_ thread: Int32) -> Bool {
    let status = try? String(contentsOfFile: "/proc/self/task/\(thread)/status", encoding: .utf8)
    return status?.contains("State:\tS") ?? false
  }

  // Worker 0 is held until worker 1, which waits for it before it starts or before it applies, is asleep.
  @Test(arguments: [("sequential", 8), ("barrier", 8), ("sequential", 1), ("barrier", 1)])
  func `say how often they slept for want of another's clock`(policy: String, batch: Int) throws {
    let observed = Guarded<AtomicClocks?>(nil)
    let thread = Guarded<Int32?>(nil)
    var probe = EngineProbe()
    probe.beforeIteration = { worker, clock in
      if worker == 1 { thread.withLock { $0 = lockstep_thread_number() } }
      guard worker == 0, clock == 1 else { return }
      while true {
        let isParked = observed.withLock { $0 }?.parkedCount == 1
        if isParked, let number = thread.withLock({ $0 }), Self.isAsleep(number) { return }
        sched_yield()
      }
    }
    let engine = try Trial(
      decomposition: .samples, policy: try PolicySpecification.parse(policy), workers: 2,
      batch: batch, updates: 10, probe: probe
    ).engine(Models.sparse(as: Double.self))
    observed.withLock { $0 = engine.shared.clocks }
    let outcome = try engine.run()
    #expect(outcome.status == .completed)
    #expect(outcome.workers[1].parks > 0)
  }

  @Test(arguments: [("sequential", 1), ("barrier", 1), ("bounded:1", 1), ("hogwild", 4)])
  func `never sleep where they need not wait`(policy: String, workers: Int) throws {
    for decomposition in Decomposition.allCases {
      let outcome = try Trial(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy),
        workers: workers, updates: 50
      ).run(Models.quadratic("dimension=8"))
      #expect(outcome.workers.allSatisfy { $0.parks == 0 })
    }
  }

  @Test func `say how far they are while they run`() throws {
    let seen = Guarded(0)
    let seenInTime = Guarded(0)
    var probe = EngineProbe()
    probe.beforeIteration = { _, clock in
      guard clock == 5 else { return }
      let deadline = ContinuousClock.now + .seconds(60)
      while seen.withLock({ $0 }) < 5, ContinuousClock.now < deadline { sched_yield() }
      seenInTime.withLock { $0 = seen.withLock { $0 } }
    }
    _ = try Trial(updates: 10, probe: probe).engine(Models.quadratic("dimension=8")).run {
      progress in
      seen.withLock { $0 = progress.updates }
    }
    #expect(seenInTime.withLock { $0 } == 5)
  }

  struct Failure: Error, Equatable { let worker: Int }

  @Test(arguments: ["sequential", "barrier", "bounded:1", "hogwild", "locked"])
  func `all end when one fails, and its error is the run's`(policy: String) throws {
    let before = try #require(Self.allowed(lockstep_thread_number()))
    let threads = Guarded<Set<Int32>>([])
    var probe = EngineProbe()
    probe.beforeIteration = { worker, clock in
      _ = threads.withLock { $0.insert(lockstep_thread_number()) }
      if worker == 2 && clock == 10 { throw Failure(worker: worker) }
    }
    let trial = Trial(
      policy: try PolicySpecification.parse(policy), workers: 4, updates: 100_000_000,
      probe: probe)
    #expect(throws: Failure(worker: 2)) {
      try trial.run(Models.quadratic("dimension=16"))
    }
    for thread in threads.withLock({ $0 }) {
      #expect(Self.becomesFree(thread, before))
    }
  }

  @Test(arguments: ["sequential", "barrier", "bounded:1", "hogwild", "locked"])
  func `all end soon when the run is interrupted, with what there is`(policy: String) throws {
    for decomposition in Decomposition.allCases {
      let started = Guarded(0)
      let box = InterruptBox()
      var probe = EngineProbe()
      probe.beforeIteration = { _, _ in
        let count = started.withLock {
          $0 += 1
          return $0
        }
        if count == 50 { box.interrupt() }
      }
      let engine = try Trial(
        decomposition: decomposition, policy: try PolicySpecification.parse(policy), workers: 3,
        updates: 100_000_000, probe: probe
      ).engine(Models.quadratic("dimension=64"))
      box.set { engine.interrupt() }
      let outcome = try engine.run()
      #expect(outcome.status == .interrupted)
      #expect(outcome.updates > 0 && outcome.updates < 100_000_000)
      #expect(outcome.loss.final != nil)
    }
  }

  // Nobody makes an update between the look and the end.
  @Test func `make no point of the loss curve twice where the run is interrupted at one`() throws {
    for policy in ["sequential", "barrier", "bounded:1", "hogwild", "locked"] {
      let engine = try Trial(
        decomposition: .samples, policy: try PolicySpecification.parse(policy), workers: 3,
        updates: 100_000_000, probe: EngineProbe()
      ).engine(Models.quadratic("dimension=64"))
      let outcome = try engine.run { progress in
        if progress.updates > 0, progress.loss != nil { engine.interrupt() }
      }
      #expect(outcome.status == .interrupted)
      let updates = outcome.loss.curve.map(\.update)
      #expect(updates == Set(updates).sorted(), "\(policy): \(updates)")
    }
  }

  // Either worker 1 gives up its second update before it knows that all gradients are ready, and worker 0
  // finds that they are; or worker 2 leaves when the others wait for it to compute its second one.
  @Test(
    .timeLimit(.minutes(15)), arguments: [Decomposition.samples, .blocks],
    [(true, true), (true, false), (false, true), (false, false)])
  func `all or none make a joint step when the run is interrupted`(
    _ decomposition: Decomposition, _ form: (inPlace: Bool, isMade: Bool)
  ) throws {
    let box = InterruptBox()
    let observed = Guarded<AtomicClocks?>(nil)
    let isHeld = Guarded(false)
    let isReady = Guarded(false)
    let waitUntil = { @Sendable (holds: (AtomicClocks) -> Bool) in
      while !(observed.withLock { $0 }.map(holds) ?? true) { sched_yield() }
    }
    var probe = EngineProbe()
    if form.isMade {
      let disturb = { @Sendable (worker: Int, clock: Int) in
        guard clock == 1, worker != 1 else { return }
        if worker == 2 {
          let hasComputed = ClockCondition(.worker(WorkerID(1)), .computed, lead: 2)
          while !isHeld.withLock({ $0 }) { sched_yield() }
          waitUntil { $0.allowance(hasComputed, at: 0) > 0 && $0.parkedCount == 1 }
          box.interrupt()
          waitUntil { $0.parkedCount == 0 }
          isReady.withLock { $0 = true }
        } else {
          isHeld.withLock { $0 = true }
          while !isReady.withLock({ $0 }) { sched_yield() }
        }
      }
      if form.inPlace {
        probe.duringLook = disturb
      } else {
        probe.afterRead = { worker, clock, _ in disturb(worker, clock) }
      }
    } else {
      probe.afterIteration = { worker, clocks in
        guard worker == 2, clocks[2] == 1 else { return }
        for other in 0..<2 {
          let hasComputed = ClockCondition(.worker(WorkerID(other)), .computed, lead: 2)
          waitUntil { $0.allowance(hasComputed, at: 0) > 0 }
        }
        box.interrupt()
      }
    }
    var trial = Trial(decomposition: decomposition, workers: 3, updates: 300, probe: probe)
    if !form.inPlace { trial.optimizer = "momentum:0.5" }
    let model = Models.sparse(as: Double.self)
    let engine = try trial.engine(model)
    observed.withLock { $0 = engine.shared.clocks }
    box.set { engine.interrupt() }
    let outcome = try engine.run()
    #expect(outcome.status == .interrupted)
    let rounds = form.isMade ? 2 : 1
    #expect(outcome.updates == (decomposition == .blocks ? 3 * rounds : rounds))
    #expect(
      outcome.staleness.histogram == [[0, (decomposition == .blocks ? 6 : 3) * rounds]])
    trial.updates = outcome.updates
    trial.probe = nil
    #expect(try trial.run(model).parameters == outcome.parameters)
  }

  /// Holds what to call until there is an engine to call it on.
  private final class InterruptBox: Sendable {
    private let action = Guarded<(@Sendable () -> Void)?>(nil)
    func set(_ new: @escaping @Sendable () -> Void) { action.withLock { $0 = new } }
    func interrupt() { action.withLock { $0 }?() }
  }

  @Test(arguments: ["barrier", "bounded:3", "hogwild"])
  func `number up to 255`(policy: String) throws {
    let outcome = try Trial(
      policy: try PolicySpecification.parse(policy), workers: 255, updates: 255 * 4
    ).run(Models.quadratic("dimension=255"))
    #expect(outcome.updates == 255 * 4)
    #expect(outcome.workers.count == 255)
  }

  @Test func `are refused beyond 255, and beyond one a parameter in blocks`() throws {
    let tooMany = #expect(throws: ConfigurationError.self) {
      try Trial(workers: 256).engine(Models.quadratic("dimension=300"))
    }
    #expect(
      tooMany?.description
        == "--workers 256: real threads take 1 to 255 workers, because Dispatch never starts a "
        + "256th thread while 255 wait; the virtual-time engine (--engine virtual) takes up to "
        + "65,536")
    let tooFew = #expect(throws: ConfigurationError.self) {
      try Trial(workers: 4).engine(Models.quadratic("dimension=3"))
    }
    #expect(
      tooFew?.description
        == "--workers 4: with --decomposition blocks every worker owns at least one parameter, and "
        + "this model has 3; take at most 3 workers or --decomposition samples")
  }

  @Test func `split their time, and the split adds up to the run`() throws {
    let outcome = try Trial(policy: Barrier(), workers: 2, batch: 32, updates: 4000)
      .run(Models.network())
    for worker in outcome.workers {
      let sum =
        worker.computeSeconds + worker.readSeconds + worker.applySeconds + worker.waitSeconds
      #expect(worker.updates == 2000)
      #expect(worker.computeSeconds > 0 && worker.readSeconds > 0 && worker.applySeconds > 0)
      // Sampled, and with start-up and the loop itself left out: of the right size is all.
      #expect(sum < outcome.wallSeconds * 1.5)
    }
  }
}
