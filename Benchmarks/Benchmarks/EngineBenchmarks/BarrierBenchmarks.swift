import Benchmark
import Lockstep

/// Two pinned workers meeting at the gate of `barrier`: spinning as runs do, and parking at once.
func addBarrierBenchmarks() {
  let nanoseconds = BenchmarkMetric.custom("ns per round", polarity: .prefersSmaller)
  let ways = [
    ("spinning", BarrierMeasurement.engineSpinNanoseconds), ("parking", UInt64(0)),
  ]
  for (name, spin) in ways {
    Benchmark(
      "barrier round of 2 workers, \(name)",
      configuration: .init(
        metrics: [nanoseconds], units: [nanoseconds: .count], maxDuration: .seconds(4),
        maxIterations: 20)
    ) { benchmark in
      let topology = try Topology(.live)
      let placement = try PlacementPlan(workers: 2, pin: PinPlan("compact"), on: topology)
      let measured = try BarrierMeasurement(
        placement, on: topology, spinNanoseconds: spin, seconds: 0.1)
      benchmark.measurement(nanoseconds, Int(measured.nanosecondsPerRound.rounded()))
    }
  }
}
