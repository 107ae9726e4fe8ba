// swift-tools-version: 6.1
import PackageDescription

// The targets stand in the order in which the data flows; each imports only what stands above it.
// Documentation/Architecture.md has the picture and the reasons.

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
  name: "lockstep",
  products: [
    .library(name: "Lockstep", targets: ["Lockstep"]),
    .executable(name: "lockstep", targets: ["lockstep"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "CHwloc", pkgConfig: "hwloc", providers: [.apt(["libhwloc-dev"])]),
    .systemLibrary(name: "CBLAS", providers: [.apt(["libblis-serial-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CSharedMemory"),
    .target(name: "CDigits", exclude: ["digits.gz"]),

    .target(name: "LockstepCore", dependencies: ["CSharedMemory"]),
    .target(name: "LockstepTopology", dependencies: ["LockstepCore", "CHwloc"]),
    .target(name: "LockstepParameters", dependencies: ["LockstepCore", "CSharedMemory"]),
    .target(
      name: "LockstepModels",
      dependencies: ["LockstepCore", "LockstepParameters", "CBLAS", "CDigits", "CZlib"]),
    .target(
      name: "LockstepTelemetry",
      dependencies: ["LockstepTopology", "LockstepModels", histogram]),
    .target(
      name: "LockstepThreads",
      dependencies: [
        "LockstepTopology", "LockstepParameters", "LockstepModels", "LockstepTelemetry",
        "CSharedMemory",
      ]),
    .target(
      name: "LockstepSimulator",
      dependencies: ["LockstepParameters", "LockstepModels", "LockstepTelemetry"]),
    .target(name: "LockstepNoise", dependencies: ["LockstepModels", "LockstepTelemetry"]),
    .target(
      name: "LockstepRuns",
      dependencies: ["LockstepThreads", "LockstepSimulator", "LockstepNoise"]),
    .target(
      name: "LockstepStudies", dependencies: ["LockstepRuns", yaml],
      resources: [.embedInCode("Resources")]),
    .target(name: "LockstepReports", dependencies: ["LockstepStudies", yaml]),
    .target(
      name: "Lockstep",
      dependencies: [
        "LockstepCore", "LockstepTopology", "LockstepParameters", "LockstepModels",
        "LockstepTelemetry", "LockstepThreads", "LockstepSimulator", "LockstepNoise",
        "LockstepRuns", "LockstepStudies", "LockstepReports",
      ]),
    .target(
      name: "LockstepCommands", dependencies: ["Lockstep", "CSharedMemory", argumentParser]),
    .executableTarget(name: "lockstep", dependencies: ["LockstepCommands"]),

    // What the tests of several modules share.
    .target(
      name: "LockstepTestSupport", dependencies: ["LockstepSimulator"],
      path: "Tests/LockstepTestSupport"),
    .testTarget(name: "LockstepCoreTests", dependencies: ["LockstepCore"]),
    .testTarget(name: "LockstepTopologyTests", dependencies: ["LockstepTopology"]),
    .testTarget(
      name: "LockstepParametersTests", dependencies: ["LockstepParameters", "CSharedMemory"]),
    .testTarget(name: "LockstepModelsTests", dependencies: ["LockstepModels"]),
    .testTarget(name: "LockstepTelemetryTests", dependencies: ["LockstepTelemetry"]),
    .testTarget(
      name: "LockstepThreadsTests", dependencies: ["LockstepThreads", "CSharedMemory"]),
    .testTarget(
      name: "LockstepSimulatorTests", dependencies: ["LockstepSimulator", "LockstepTestSupport"]),
    .testTarget(
      name: "LockstepNoiseTests", dependencies: ["LockstepNoise", "LockstepSimulator"]),
    .testTarget(name: "LockstepRunsTests", dependencies: ["LockstepRuns"]),
    .testTarget(name: "LockstepStudiesTests", dependencies: ["LockstepStudies"]),
    .testTarget(name: "LockstepReportsTests", dependencies: ["LockstepReports"]),
    // Every reader of input, given what nobody should.
    .testTarget(name: "LockstepFuzzTests", dependencies: ["LockstepReports"]),
    // The tests of the commands run the built executable.
    .testTarget(
      name: "LockstepCommandsTests",
      dependencies: ["LockstepCommands", "LockstepTestSupport", "lockstep"]),
  ],
  swiftLanguageModes: [.v6]
)
