// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nobody who only uses Lockstep fetches the benchmark harness. The
// harness's traits are off: it would put itself before malloc and the reference counts, whose figures
// are not what is measured here.

let package = Package(
  name: "lockstep-benchmarks",
  dependencies: [
    .package(name: "lockstep", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "EngineBenchmarks",
      dependencies: [
        .product(name: "Benchmark", package: "benchmark"),
        .product(name: "Lockstep", package: "lockstep"),
      ],
      path: "Benchmarks/EngineBenchmarks",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ],
  swiftLanguageModes: [.v6]
)
