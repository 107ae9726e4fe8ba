import Benchmark

/// The benchmarks, as the harness finds them.
///
/// Each file adds one family.
let benchmarks: @Sendable () -> Void = {
  // Allocation counts read 0 without the harness's interposers, and its processor time ticks in
  // 10 ms, too coarse for a kernel: rates and times are what is asked for.
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.wallClock, .throughput], warmupIterations: 1,
    maxDuration: .seconds(3), maxIterations: 1_000_000)
  addBarrierBenchmarks()
  addTrainingBenchmarks()
  addKernelBenchmarks()
  addTelemetryBenchmarks()
  addSimulatorBenchmarks()
}
