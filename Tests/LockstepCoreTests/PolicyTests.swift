import LockstepCore
import Testing

/// Who may start or apply, straight from the table of the design: an independent statement of what
/// each policy's rules are meant to say.
private struct Reference {
  let name: String
  let policy: any SynchronizationPolicy
  let mayStart: (_ worker: Int, _ completed: [Int]) -> Bool
  let mayApply: (_ worker: Int, _ computed: [Int], _ completed: [Int]) -> Bool

  static func all() throws -> [Reference] {
    let always: (Int, [Int], [Int]) -> Bool = { _, _, _ in true }
    var references = [
      Reference(
        name: "sequential", policy: Sequential(),
        // It is p's turn: nobody before it is behind its next clock, nobody after it behind its own.
        mayStart: { worker, completed in
          completed.indices.allSatisfy {
            completed[$0] >= completed[worker] + ($0 < worker ? 1 : 0)
          }
        }, mayApply: always),
      Reference(
        name: "barrier", policy: Barrier(),
        mayStart: { worker, completed in completed.allSatisfy { $0 >= completed[worker] } },
        mayApply: { worker, computed, completed in
          computed.allSatisfy { $0 >= completed[worker] + 1 }
        }),
      Reference(
        name: "hogwild", policy: Hogwild(), mayStart: { _, _ in true }, mayApply: always),
      Reference(name: "locked", policy: Locked(), mayStart: { _, _ in true }, mayApply: always),
    ]
    for bound in 0...3 {
      references.append(
        Reference(
          name: "bounded:\(bound)", policy: try BoundedStaleness(bound: bound),
          mayStart: { worker, completed in
            completed[worker] - (completed.min() ?? 0) <= bound
          }, mayApply: always))
    }
    return references
  }
}

/// A state of all workers: what they completed, and who is between admission and application.
private struct State: Hashable {
  var completed: [Int]
  /// 0: at rest; 1: admitted and computing; 2: computed, waiting to apply.
  var phase: [Int]

  var computed: [Int] { zip(completed, phase).map { $0 + ($1 == 2 ? 1 : 0) } }
}

/// Walks through every state that any schedule can reach.
private struct Explorer {
  let policy: any SynchronizationPolicy
  let workers: Int
  let horizon: Int
  var visited: Set<State> = []

  /// Visits all states, calling back with each and with the workers that can take a step in it.
  mutating func explore(_ visit: (State, [Int]) throws -> Void) rethrows {
    let rules = policy.rules(of: workers)
    var frontier = [
      State(
        completed: Array(repeating: 0, count: workers),
        phase: Array(repeating: 0, count: workers))
    ]
    visited = Set(frontier)
    while let state = frontier.popLast() {
      var able: [Int] = []
      for worker in 0..<workers {
        var next = state
        let clock = state.completed[worker]
        switch state.phase[worker] {
        case 0:
          guard
            rules[worker].start.holds(
              at: clock, computed: state.computed, completed: state.completed)
          else { continue }
          next.phase[worker] = 1
        case 1:
          next.phase[worker] = 2
        default:
          guard
            rules[worker].apply.holds(
              at: clock, computed: state.computed, completed: state.completed)
          else { continue }
          next.phase[worker] = 0
          next.completed[worker] += 1
        }
        able.append(worker)
        // Only the horizon bounds the walk; a worker that would pass it is able all the same.
        if next.completed[worker] <= horizon, visited.insert(next).inserted {
          frontier.append(next)
        }
      }
      try visit(state, able)
    }
  }
}

@Suite struct `Policies` {
  @Test func `rules say exactly what the design says, in every clock state of up to four workers`()
    throws
  {
    for reference in try Reference.all() {
      for workers in 1...4 {
        let rules = reference.policy.rules(of: workers)
        for code in 0..<Self.power(5, workers) {
          let completed = Self.digits(code, base: 5, count: workers)
          for computedCode in 0..<Self.power(2, workers) {
            let computed = zip(completed, Self.digits(computedCode, base: 2, count: workers)).map(+)
            for worker in 0..<workers {
              let clock = completed[worker]
              // The rule of `sequential` looks at one neighbour, and says the same only in states
              // that turns can reach: clocks that don't rise along the ring and differ by one.
              if reference.name == "sequential", !Self.isReachableByTurns(completed) { continue }
              #expect(
                rules[worker].start.holds(at: clock, computed: computed, completed: completed)
                  == reference.mayStart(worker, completed),
                "\(reference.name) start, worker \(worker), \(completed)")
              #expect(
                rules[worker].apply.holds(at: clock, computed: computed, completed: completed)
                  == reference.mayApply(worker, computed, completed),
                "\(reference.name) apply, worker \(worker), \(completed) \(computed)")
            }
          }
        }
      }
    }
  }

  @Test func `no schedule leads to a state in which nobody can take a step`() throws {
    for reference in try Reference.all() {
      for workers in 1...4 {
        var explorer = Explorer(policy: reference.policy, workers: workers, horizon: 3)
        explorer.explore { state, able in
          #expect(!able.isEmpty, "\(reference.name) is stuck at \(state)")
        }
        #expect(explorer.visited.count > workers)
      }
    }
  }

  @Test func `a bound keeps the clocks within S + 1 of each other under every schedule`() throws {
    for bound in 0...2 {
      for workers in 1...4 {
        var explorer = Explorer(
          policy: try BoundedStaleness(bound: bound), workers: workers, horizon: 4)
        var widest = 0
        explorer.explore { state, _ in
          let spread = (state.completed.max() ?? 0) - (state.completed.min() ?? 0)
          widest = max(widest, spread)
          #expect(spread <= bound + 1, "\(state)")
          // A read at clock c sees every update of clocks up to c − S − 1 from everybody.
          for worker in 0..<workers where state.phase[worker] == 1 {
            let clock = state.completed[worker]
            #expect(state.completed.allSatisfy { $0 >= clock - bound }, "\(state)")
          }
        }
        // The bound is not only kept but reached: it isn't a stricter policy by mistake.
        #expect(widest == (workers == 1 ? 0 : bound + 1))
      }
    }
  }

  @Test func `under a barrier nobody applies while somebody still reads the same round`() {
    for workers in 1...4 {
      var explorer = Explorer(policy: Barrier(), workers: workers, horizon: 3)
      explorer.explore { state, _ in
        for worker in 0..<workers where state.phase[worker] == 1 {
          // Whoever is computing at clock c sees exactly the updates of clocks below c.
          #expect(state.completed.allSatisfy { $0 == state.completed[worker] }, "\(state)")
        }
      }
    }
  }

  @Test func `sequential lets exactly one worker be between its read and its apply`() {
    for workers in 1...4 {
      var explorer = Explorer(policy: Sequential(), workers: workers, horizon: 3)
      explorer.explore { state, _ in
        #expect(state.phase.count { $0 != 0 } <= 1, "\(state)")
      }
    }
  }

  @Test func `specifications read back to the policy that wrote them`() throws {
    for reference in try Reference.all() {
      let again = try PolicySpecification.parse(reference.policy.specification)
      #expect(again.specification == reference.name)
    }
  }

  @Test(arguments: [
    (
      "bounded",
      "--policy bounded: write bounded:S with a whole number from 0 to 2147483647, for example bounded:4"
    ),
    (
      "bounded:-1", "--policy bounded:-1: the bound S is a whole number from 0 to 2147483647"
    ),
    (
      "bounded:x",
      "--policy bounded:x: write bounded:S with a whole number from 0 to 2147483647, for example bounded:4"
    ),
    ("barrier:2", "--policy barrier:2: barrier takes no argument"),
    (
      "hogwld",
      "--policy hogwld: not one of sequential, barrier, bounded:S, hogwild, locked; did you mean "
        + "hogwild?"
    ),
    ("", "--policy : not one of sequential, barrier, bounded:S, hogwild, locked"),
  ])
  func `a policy that isn't one is refused in a sentence`(text: String, sentence: String) {
    let error = #expect(throws: ConfigurationError.self) { try PolicySpecification.parse(text) }
    #expect(error?.description == sentence)
  }

  private static func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { product, _ in product * base }
  }

  private static func digits(_ code: Int, base: Int, count: Int) -> [Int] {
    (0..<count).map { code / power(base, $0) % base }
  }

  private static func isReachableByTurns(_ completed: [Int]) -> Bool {
    zip(completed, completed.dropFirst()).allSatisfy { $0 >= $1 }
      && (completed.first ?? 0) - (completed.last ?? 0) <= 1
  }
}
