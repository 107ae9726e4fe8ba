import LockstepStudies
import LockstepTelemetry
import Testing

struct SpeedUnitTests {
  /// A run of two seconds and 100 updates, by workers that make so many iterations each.
  private func run(_ policy: String, samples: Int, iterations: [Int]) -> StoredRun {
    SyntheticRun.make(["policy": .text(policy)]) {
      $0.samples = samples
      $0.throughput = ThroughputRecord(updates: 100, samples: samples, seconds: 2)
      $0.workers = iterations.enumerated().map {
        SyntheticRun.worker($0, updates: $1, compute: 1)
      }
    }
  }

  @Test func `runs of one policy are compared by their updates`() {
    let runs = [800, 0].map { run("barrier", samples: $0, iterations: [100, 100]) }
    #expect(SpeedUnit(comparing: runs) == .updates)
    #expect(SpeedUnit.updates.speed(of: runs[0].record) == 50)
  }

  @Test func `runs of several policies are compared by samples, and without data by gradients`() {
    // A joint update is one of all workers.
    let runs = [0, 800].map { samples in
      [
        run("barrier", samples: samples, iterations: [100, 100, 100]),
        run("hogwild", samples: samples, iterations: [20, 30, 50]),
      ]
    }
    #expect(SpeedUnit(comparing: runs[0]) == .gradients)
    #expect(runs[0].map { SpeedUnit.gradients.speed(of: $0.record) } == [150, 50])
    #expect(SpeedUnit(comparing: runs[1]) == .samples)
    #expect(runs[1].map { SpeedUnit.samples.speed(of: $0.record) } == [400, 400])
  }
}
