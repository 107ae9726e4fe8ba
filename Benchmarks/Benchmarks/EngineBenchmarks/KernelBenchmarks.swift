import Benchmark
import CSharedMemory
import Lockstep

/// The racing kernels on 8,192 floats: the vector path of this processor, and the relaxed atomics.
func addKernelBenchmarks() {
  for (path, isRelaxed) in [("vector", false), ("relaxed", true)] {
    addKernel("racy read of 8192 floats, \(path)", isRelaxed) { shared, own, count in
      Float.racyRead(shared, into: own, count: count)
    }
    addKernel("racy gradient descent on 8192 floats, \(path)", isRelaxed) { shared, own, count in
      Float.racyGradientDescent(shared, gradient: own, rate: 1e-9, count: count)
    }
  }
}

/// Adds one kernel, on a shared and a private vector.
private func addKernel(
  _ name: String, _ isRelaxed: Bool,
  _ kernel:
    @escaping @Sendable (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int) ->
    Void
) {
  let count = 8_192
  Benchmark(
    name,
    configuration: .init(
      metrics: [.wallClock, .throughput], scalingFactor: .kilo,
      maxDuration: .seconds(1))
  ) { benchmark in
    let shared = UnsafeMutablePointer<Float>.allocate(capacity: 2 * count)
    defer { shared.deallocate() }
    shared.initialize(repeating: 1, count: 2 * count)
    lockstep_racy_force_relaxed(isRelaxed ? 1 : 0)
    defer { lockstep_racy_force_relaxed(0) }
    kernel(shared, shared + count, count)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { kernel(shared, shared + count, count) }
    benchmark.stopMeasurement()
  }
}
