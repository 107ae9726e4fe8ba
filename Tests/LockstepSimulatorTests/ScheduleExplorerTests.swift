import LockstepCore
import LockstepTelemetry
import LockstepTestSupport
import Testing

@testable import LockstepSimulator

/// Every policy's promises under the worst order of events that it admits: 10,000 schedules, each
/// checked from its trace alone.
@Suite(.timeLimit(.minutes(15))) struct `Adversarial schedules` {
  @Test(arguments: 0..<50) func `break no rule of any policy`(_ part: Int) throws {
    for number in (part * 200)..<((part + 1) * 200) {
      let schedule = ExploredSchedule(number)
      let replay = schedule.commands.joined(separator: "; ")
      let outcome = try schedule.run()
      let trace = try #require(outcome.trace)
      let check = TraceCheck(trace)
      #expect(check.isSound, "\(check.violations)\nreplay: \(replay)")
      #expect(outcome.status == .completed && outcome.updates == schedule.updates, "\(replay)")
    }
  }

  @Test func `go as far as the bound lets them`() throws {
    // The adversary's victim stands still until the others are S + 1 iterations ahead.
    for bound in [0, 1, 4] {
      var lead = 0
      for seed in 0..<40 {
        var simulation = try Simulation(
          policy: BoundedStaleness(bound: bound), workers: 3, rate: 0.01, updates: 60,
          service: .adversarial(seed: seed))
        simulation.recordsTrace = true
        let outcome = try simulation.run(EventModels.quadratic("dimension=2"))
        let events = outcome.trace?.events ?? []
        // How many iterations another worker completed between a view and its update.
        for event in events {
          guard let end = event.end else { continue }
          for other in 0..<3 where other != event.worker {
            let passed = events.count {
              $0.worker == other && ($0.end ?? .infinity) < end && ($0.end ?? 0) > event.start
            }
            lead = max(lead, passed)
          }
        }
      }
      // Behind by S when it reads, ahead by S + 1 when it applies: 2S + 1, and no more.
      #expect(lead == 2 * bound + 1, "bounded:\(bound)")
    }
  }
}
