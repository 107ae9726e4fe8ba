import Foundation
import Lockstep
import Testing

/// What came of some simulated runs on another machine: the same bits must come of them everywhere,
/// in debug and in release, on any number of threads of the host.
///
/// `LOCKSTEP` names another executable than the one that was built with the tests; `.ci/run` checks
/// the release build so.
@Suite(.timeLimit(.minutes(15))) struct `Simulated runs have the bits they always had` {
  static let runs: [(options: String, schedule: String, parameters: String)] = [
    (
      "--model quadratic:dimension=40,condition=9,noise=1 --decomposition samples --policy hogwild "
        + "--workers 17 --service exponential:1 --updates 3000", "fe083bd01507901d",
      "4dea6e15a3cea8b0"
    ),
    (
      "--model quadratic:dimension=40,condition=9,noise=1 --policy bounded:3 --workers 8 "
        + "--service gamma:2,0.7 --updates 3000 --optimizer adam", "1ac9149547499c2e",
      "0ff02ff54ec830ce"
    ),
    (
      "--model mlp:12,activation=tanh --decomposition samples --policy bounded:2 --workers 5 "
        + "--service lognormal:1,0.8 --updates 200", "0ad2809e1f78515d", "ebc5f04c58935895"
    ),
    (
      "--model mlp:12 --policy hogwild --workers 6 --service pareto:1,2.5 --updates 300 "
        + "--optimizer momentum:0.9", "c9b6bbd8858d3eea", "c0555e3cc6f54f1b"
    ),
    (
      "--model logistic --data synthetic:examples=500,features=80,density=0.1 "
        + "--decomposition samples --policy barrier --workers 4 --batch 8 --updates 200",
      "28cce9ea2900f9bd", "9af305fff0fc76e5"
    ),
    (
      "--model factorization:3 --data synthetic:task=ratings,examples=2000 --decomposition samples "
        + "--policy hogwild --workers 9 --service per-worker:1;2;3;1;2;3;1;2;30 --updates 900 "
        + "--fault worker=2,at=40,kind=crash --fault worker=1,at=9,kind=restart",
      "02cba1b25129f73d", "4a9fab56c6da342a"
    ),
    (
      "--model mlp:12 --decomposition samples --delay geometric:3 --workers 4 --updates 200 "
        + "--schedule linear", "987b9e948989c37a", "1853020f1288458f"
    ),
    (
      "--model quadratic:coupling=0.3,dimension=24 --delay exchange:3 --workers 6 --updates 600 "
        + "--learning-rate 0.05", "103d53ea8a46b174", "625251da2a2b9c51"
    ),
    (
      "--model quadratic:dimension=6,noise=1 --decomposition samples --delay uniform:0..5 "
        + "--delay-per message --workers 5 --updates 500 --replicas 9 --warmup 50",
      "f12abebcf276943a", "e1f48c272a1fbacc"
    ),
  ]

  @Test(arguments: runs.indices, [1, 2, 4])
  func `on any number of threads`(_ index: Int, _ threads: Int) throws {
    let run = Self.runs[index]
    let folder = try CommandFolder()
    let result = try lockstep(
      typed: "run --engine virtual --kernels portable --json --quiet --save w.npy "
        + "--host-threads \(threads) \(run.options)", in: folder.path)
    try #require(result.code == 0, "\(result.errors)")
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
    let schedule = Self.digest(of: record)
    let parameters = Self.text(Self.fold(try folder.read("w.npy")))
    #expect(
      schedule == run.schedule && parameters == run.parameters,
      "(\"\(schedule)\", \"\(parameters)\"): lockstep run --engine virtual \(run.options)")
  }

  /// A digest of who did what when, and of the losses along the way.
  private static func digest(of record: RunRecord) -> String {
    var bytes = Data()
    func add(_ value: UInt64) {
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    func add(_ value: Double?) { add((value ?? -1).bitPattern) }
    add(record.virtualTime)
    add(UInt64(record.updates))
    for pair in record.staleness.histogram { pair.forEach { add(UInt64($0)) } }
    for worker in record.workers {
      add(UInt64(worker.updates))
      add(worker.computeSeconds)
      add(worker.waitSeconds)
    }
    for point in record.loss.curve {
      add(UInt64(point.update))
      add(point.time)
      add(point.loss)
    }
    add(record.loss.heldout)
    add(record.ensemble.stationaryMeanSquare)
    for point in record.ensemble.mean { add(point.value) }
    return text(fold(bytes))
  }

  /// FNV-1a, 64 bits.
  private static func fold(_ bytes: Data) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  private static func text(_ digest: UInt64) -> String {
    String(repeating: "0", count: 16 - String(digest, radix: 16).count)
      + String(digest, radix: 16)
  }
}
