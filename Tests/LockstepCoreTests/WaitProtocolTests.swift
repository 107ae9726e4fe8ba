import Foundation
import LockstepCore
import Testing

@Suite(.timeLimit(.minutes(15))) struct `Waiting workers` {
  /// What is explored in every run of the tests.
  static func settings() throws -> [WaitExplorer.Setting] {
    var all: [WaitExplorer.Setting] = []
    for bound in 0...4 {
      for steps in [1, 2, 4] {
        all.append(
          WaitExplorer.Setting(
            policy: try BoundedStaleness(bound: bound), workers: 2, steps: steps,
            isInterrupted: true, fails: true))
      }
    }
    for policy in [Sequential(), Barrier()] as [any SynchronizationPolicy] {
      all.append(
        WaitExplorer.Setting(policy: policy, workers: 2, isInterrupted: true, fails: true))
      all.append(
        WaitExplorer.Setting(policy: policy, workers: 3, finishes: policy is Sequential))
    }
    for (bound, steps) in [(0, 1), (1, 1), (1, 2), (2, 1)] {
      all.append(
        WaitExplorer.Setting(
          policy: try BoundedStaleness(bound: bound), workers: 3, steps: steps,
          isInterrupted: true, fails: true, isFolded: true))
    }
    all.append(
      WaitExplorer.Setting(policy: try BoundedStaleness(bound: 0), workers: 4, isFolded: true))
    all.append(
      WaitExplorer.Setting(
        policy: try BoundedStaleness(bound: 0), workers: 3, finishes: true))
    return all
  }

  /// Everything, for whoever has the time: `LOCKSTEP_EXPLORE=all`.
  static func everySetting() throws -> [WaitExplorer.Setting] {
    var all: [WaitExplorer.Setting] = []
    for workers in 2...4 {
      var policies: [(any SynchronizationPolicy, Int)] = [(Barrier(), 1)]
      policies += (1...4).map { (Sequential(), $0) }
      for bound in 0...4 {
        policies += try (1...4).map { (try BoundedStaleness(bound: bound), $0) }
      }
      for (policy, steps) in policies {
        let rules = policy.rules(of: workers)
        all.append(
          WaitExplorer.Setting(
            policy: policy, workers: workers, steps: steps, isInterrupted: true, fails: true,
            isFolded: workers > 2 && Admission.waitsAreForEveryone(rules)))
      }
    }
    return all
  }

  @Test func `never all sleep while somebody may go on, in any order of all accesses`() throws {
    let asksForAll = ProcessInfo.processInfo.environment["LOCKSTEP_EXPLORE"] == "all"
    let limit =
      ProcessInfo.processInfo.environment["LOCKSTEP_EXPLORE_LIMIT"].flatMap { Int($0) } ?? .max
    var total = 0
    var cut = 0
    let clock = ContinuousClock()
    let start = clock.now
    for setting in asksForAll ? try Self.everySetting() : try Self.settings() {
      var explorer = WaitExplorer(setting)
      let begin = clock.now
      let isComplete = explorer.explore(limit: limit)
      total += explorer.states.count
      if !isComplete { cut += 1 }
      if asksForAll {
        print(
          "\(setting): \(explorer.states.count) states, \(clock.now - begin)"
            + (isComplete ? "" : ", cut short"))
      }
      #expect(explorer.finding == nil, "\(setting)\n\(explorer.diagram())")
    }
    print("\(total) states in \(clock.now - start), \(cut) settings cut short")
  }

  @Test(arguments: ["sequential", "barrier", "bounded:0", "bounded:1", "bounded:2"])
  func `are woken by whoever lets them go on, not only by the last one`(policy: String) throws {
    let policy = try PolicySpecification.parse(policy)
    for steps in policy is Barrier ? 1...1 : 1...3 {
      var explorer = WaitExplorer(
        WaitExplorer.Setting(
          policy: policy, workers: 2, steps: steps, isInterrupted: true, fails: true,
          isReduced: false))
      _ = explorer.explore()
      #expect(explorer.finding == nil, "\(explorer.setting)\n\(explorer.diagram())")
    }
  }

  // A publisher that compared with the value it publishes took the third worker, which stands between its
  // old value and its new one, for one that holds everybody back.
  @Test(arguments: [false, true])
  func `would sleep for ever under the old wake rule, which the explorer shows`(
    areInterchangeable: Bool
  ) throws {
    var explorer = WaitExplorer(
      WaitExplorer.Setting(
        policy: try BoundedStaleness(bound: 1), workers: 3, steps: 2,
        wakesSpuriously: areInterchangeable, finishes: false, hasOldWakeRule: true,
        isFolded: areInterchangeable))
    _ = explorer.explore()
    let (finding, state) = try #require(explorer.finding)
    #expect(finding == .deadlock)
    let diagram = explorer.diagram()
    print(diagram)
    let last = explorer.states[state]
    let sleepers = (0..<3).filter { last.words[$0].isAsleep }
    #expect(sleepers.count == 3)
    #expect(sleepers.contains { explorer.mayGoOn($0, last) })
    #expect(diagram.contains("wakes nobody"))
    var setting = explorer.setting
    setting.hasOldWakeRule = false
    var mended = WaitExplorer(setting)
    _ = mended.explore()
    #expect(mended.finding == nil)
  }

  @Test func `may make exactly as many iterations as their condition lets them`() throws {
    for bound in 0...4 {
      for workers in 1...4 {
        let condition = try BoundedStaleness(bound: bound).rules(for: WorkerID(0), of: workers)
          .start
        for code in 0..<1296 {
          let clocks = (0..<workers).map { code / [1, 6, 36, 216][$0] % 6 }
          let allowed = condition.allowance(
            at: clocks[0], computed: clocks, completed: clocks)
          // As if the worker looked before each of them, while everybody else rests.
          var made = 0
          while condition.holds(
            at: clocks[0] + made, computed: clocks, completed: clocks)
          { made += 1 }
          #expect(allowed == made, "bounded:\(bound) \(clocks)")
        }
      }
    }
    #expect(
      Hogwild().rules(for: WorkerID(0), of: 2).start.allowance(
        at: 5, computed: [5, 0], completed: [5, 0]) == Int.max)
  }
}
