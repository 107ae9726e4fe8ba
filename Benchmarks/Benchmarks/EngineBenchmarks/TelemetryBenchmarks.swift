import Benchmark
import CSharedMemory
import Lockstep

/// What a worker's own bookkeeping costs per iteration, sampling on, where there is nothing else to
/// do: the most it can add to a run.
func addTelemetryBenchmarks() {
  Benchmark(
    "telemetry of one iteration",
    configuration: .init(
      metrics: [.wallClock, .throughput], scalingFactor: .mega,
      maxDuration: .seconds(1))
  ) { benchmark in
    var telemetry = WorkerTelemetry()
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations where telemetry.shouldTime() {
      var phases = WorkerTelemetry.Phases()
      var last = lockstep_nanoseconds()
      func lap() -> UInt64 {
        let now = lockstep_nanoseconds()
        defer { last = now }
        return now &- last
      }
      phases.wait = lap()
      phases.read = lap()
      phases.compute = lap()
      phases.apply = lap()
      telemetry.observe(staleness: 1)
      telemetry.add(phases)
    }
    benchmark.stopMeasurement()
    blackHole(telemetry.iterations)
  }
}
