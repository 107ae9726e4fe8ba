import Benchmark

/// The benchmarks, as the harness finds them.
///
/// Each file adds one family.
let benchmarks: @Sendable () -> Void = {
  // The harness refuses allocation counts anyway; rates and times are what is asked for.
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.wallClock, .cpuTotal, .throughput], warmupIterations: 1,
    maxDuration: .seconds(3), maxIterations: 1_000_000)
  addBarrierBenchmarks()
  addTrainingBenchmarks()
  addKernelBenchmarks()
  addTelemetryBenchmarks()
}
