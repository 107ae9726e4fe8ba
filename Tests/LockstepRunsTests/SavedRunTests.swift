import Foundation
import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepRuns

/// Runs that leave a checkpoint, and go on in another `TrainingRun`.
@Suite(.timeLimit(.minutes(15))) struct `A run that goes on` {
  /// A folder of its own, removed with it.
  private final class Folder {
    let path = NSTemporaryDirectory() + "lockstep-saved-\(UUID().uuidString)"
    init() throws {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private static func options(_ text: String) throws -> RunOptions {
    var options = RunOptions()
    for item in text.split(separator: " ") {
      let sides = item.split(separator: "=", maxSplits: 1).map(String.init)
      let before = options[sides[0]].map { $0 + " " } ?? ""
      try options.set(sides[0], before + sides[1])
    }
    return options
  }

  /// A record as text, without the times of the host.
  private static func facts(_ record: RunRecord) throws -> String {
    var record = record
    (record.wallSeconds, record.cpuSeconds, record.noiseSeconds) = (0, 0, nil)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(record), as: UTF8.self)
  }

  /// Makes a run that saves its state at every occasion; the last of these is what is left.
  private static func save(_ configuration: RunConfiguration, at path: String) throws {
    _ = try TrainingRun().execute(
      configuration, PreparedModel(configuration), on: Topology(.live),
      checkpoints: CheckpointPlan(
        CheckpointSpecification(path: path, seconds: 1e-9), resuming: nil))
  }

  private static func goOn(
    _ path: String, _ given: String = ""
  ) throws -> RunRecord {
    let saved = try SavedRun(path: path)
    let configuration = try saved.configuration(changing: options(given))
    return try TrainingRun().execute(
      configuration, PreparedModel(configuration), on: Topology(.live),
      checkpoints: CheckpointPlan(nil, resuming: saved))
  }

  @Test(arguments: [
    "model=mlp:8 engine=virtual policy=bounded:2 workers=5 service=gamma:1,0.5 optimizer=adam",
    "model=mlp:8 engine=virtual decomposition=samples policy=hogwild workers=5 read-time=constant:1",
    "model=svm engine=virtual policy=barrier workers=3 record=noise=200",
    "model=mlp:4 engine=virtual decomposition=samples delay=uniform:0..4 workers=3 warmup=50",
    "model=quadratic:dimension=20,noise=0.1 engine=virtual policy=locked workers=4 schedule=linear",
  ])
  func `has the record of one that was never stopped`(text: String) throws {
    let folder = try Folder()
    let path = folder.path + "/run.ckpt"
    let isQuadratic = text.contains("quadratic")
    let configuration = try Self.options(text + " updates=\(isQuadratic ? 20_000 : 1000) seed=3")
      .configuration()
    let expected = try TrainingRun().execute(
      configuration, PreparedModel(configuration), on: Topology(.live))
    try Self.save(configuration, at: path)
    #expect(try SavedRun(path: path).updates < expected.updates)
    let record = try Self.goOn(path)
    #expect(try Self.facts(record) == Self.facts(expected))
  }

  @Test(arguments: ["barrier", "sequential"])
  func `of threads can be made longer`(policy: String) throws {
    let folder = try Folder()
    let path = folder.path + "/run.ckpt"
    let text = "model=mlp:8 policy=\(policy) workers=2 learning-rate=0.1 record=loss=150 pin=none"
    let long = try Self.options(text + " updates=900").configuration()
    let expected = try TrainingRun().execute(long, PreparedModel(long), on: Topology(.live))
    try Self.save(try Self.options(text + " updates=600").configuration(), at: path)
    let record = try Self.goOn(path, "updates=900")
    #expect(record.updates == 900)
    #expect(record.loss.curve.map(\.loss) == expected.loss.curve.map(\.loss))
    #expect(record.loss.final == expected.loss.final)
  }

  @Test func `takes no other option than those that change nothing`() throws {
    let folder = try Folder()
    let path = folder.path + "/run.ckpt"
    let text = "model=mlp:4 workers=2 learning-rate=0.1 updates=200 pin=none optimizer=momentum:0.9"
    try Self.save(try Self.options(text).configuration(), at: path)
    let saved = try SavedRun(path: path)
    // What agrees may be said once more.
    for given in ["", text, "seed=1", "batch=32", "save=w.npy", "optimizer=momentum:0.90"] {
      #expect(throws: Never.self, "\(given)") {
        try saved.configuration(changing: Self.options(given))
      }
    }
    for (given, reason) in [
      ("workers=3", "with --workers 2, not with 3"), ("seed=2", "with --seed 1, not with 2"),
      ("model=mlp:5", "with --model mlp:4, not with mlp:5"),
      ("clip=2", "without --clip, not with 2.0"),
      ("engine=virtual", "--engine"), ("policy=hogwild", "with --policy barrier, not with hogwild"),
    ] {
      let error = #expect(throws: (any Error).self, "\(given)") {
        try saved.configuration(changing: Self.options(given))
      }
      #expect(
        "\(error.map { "\($0)" } ?? "")".contains(reason), "\(given): \(String(describing: error))")
    }
    #expect(throws: ConfigurationError.self, "fewer updates than were made") {
      _ = try saved.configuration(changing: Self.options("updates=0"))
    }
  }

  @Test func `is refused where its data have changed`() throws {
    let folder = try Folder()
    let (path, data) = (folder.path + "/run.ckpt", folder.path + "/data.csv")
    let rows = (0..<40).map { "\($0 % 7),\($0 % 3),\($0 % 2)" }
    try Data(rows.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: data))
    let batches = folder.path + "/batches"
    try Data("0 1\n2 3\n4 5\n6 7\n".utf8).write(to: URL(fileURLWithPath: batches))
    let configuration = try Self.options(
      "model=logistic data=csv:\(data) workers=2 updates=4 pin=none batches=\(batches)"
    ).configuration()
    try Self.save(configuration, at: path)
    #expect(throws: Never.self) { try Self.goOn(path) }
    try Data("0 1\n2 3\n4 5\n6 8\n".utf8).write(to: URL(fileURLWithPath: batches))
    var error = #expect(throws: CheckpointError.self) { try Self.goOn(path) }
    #expect(error?.description.contains("the file of --batches \(batches) has changed") == true)
    try Data((rows.dropLast() + ["5,5,1"]).joined(separator: "\n").utf8)
      .write(to: URL(fileURLWithPath: data))
    error = #expect(throws: CheckpointError.self) { try Self.goOn(path) }
    #expect(error?.description.contains("other data: those of --data csv:\(data)") == true)
  }

  @Test func `keeps no trace and no replicas`() throws {
    let plan = try #require(
      CheckpointPlan(CheckpointSpecification(path: "c.ckpt"), resuming: nil))
    for text in [
      "model=quadratic record=trace", "model=quadratic calibrate=c.json",
      "model=quadratic engine=virtual replicas=2",
    ] {
      #expect(throws: ConfigurationError.self, "\(text)") {
        try plan.check(Self.options(text).configuration())
      }
    }
    #expect(throws: Never.self) {
      try plan.check(Self.options("model=quadratic engine=virtual replicas=1").configuration())
    }
  }

  @Test func `in virtual time, or at a rate that falls to 0, keeps its length`() throws {
    let folder = try Folder()
    for (index, text) in [
      "model=quadratic engine=virtual updates=20000", "model=mlp:4 epochs=2 pin=none",
    ].enumerated() {
      let path = folder.path + "/\(index).ckpt"
      try Self.save(try Self.options(text).configuration(), at: path)
      let saved = try SavedRun(path: path)
      let error = #expect(throws: ConfigurationError.self, "\(text)") {
        try saved.configuration(changing: Self.options("updates=30000"))
      }
      #expect("\(error.map { "\($0)" } ?? "")".hasSuffix("keeps its length; leave the option out"))
    }
  }
}
