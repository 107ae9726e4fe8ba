import Foundation
import LockstepRuns
import LockstepTelemetry

@testable import LockstepCore
@testable import LockstepModels
@testable import LockstepReports
@testable import LockstepSimulator
@testable import LockstepStudies
@testable import LockstepTopology

/// Every reader of input that there is.
enum FuzzTargets {
  static func all() throws -> [FuzzTarget] {
    try data() + files() + checkpoints() + traces() + plans() + results() + specifications()
      + topologies()
  }

  // MARK: Data sets

  private static func table(
    _ read: @escaping @Sendable (ByteStream) throws -> ExampleTable<Float>
  ) -> @Sendable ([UInt8]) throws -> Void {
    { bytes in
      let table = try read(ByteStream(bytes: bytes, path: "data"))
      try check(DataLoader.assemble(table, heldOut: nil))
      guard table.count > 1 else { return }
      let (training, heldOut) = table.split(drawing: table.count / 2, seed: 1)
      try check(DataLoader.assemble(training, heldOut: heldOut))
    }
  }

  /// Checks what every model relies on.
  private static func check(_ data: Dataset<Float>) throws {
    let set = data.training
    try FuzzFailure.require(set.count > 0, "no example")
    for example in 0..<set.count {
      try FuzzFailure.require(set.targets[example].isFinite, "a target is not finite")
      if let classes = set.classes, let count = data.classCount {
        try FuzzFailure.require(
          classes[example] >= 0 && Int(classes[example]) < count, "a class is none")
      }
      switch set.features {
      case .sparse(let offsets, let columns, let values):
        var previous = Int32(-1)
        for entry in offsets[example]..<offsets[example + 1] {
          try FuzzFailure.require(
            columns[entry] > previous && Int(columns[entry]) < data.featureCount
              && values[entry].isFinite, "a sparse row is not in order")
          previous = columns[entry]
        }
      case .ratings(let users, let items):
        try FuzzFailure.require(
          users[example] >= 0 && Int(users[example]) < data.userCount && items[example] >= 0
            && Int(items[example]) < data.itemCount, "a user or an item is none")
      case .dense(let values):
        for column in 0..<data.featureCount {
          try FuzzFailure.require(
            values[example * data.featureCount + column].isFinite, "a feature is not finite")
        }
      case .bytes: break
      }
    }
  }

  private static let libsvm = [
    "+1 1:0.5 3:-2e0 # c\n-1 2:1\n\n3 1:1e3 7:0.125\n", "1 1:1\r0 2:2\r",
  ]

  /// The first of them as `gzip` packs it.
  private static let packed = Data(
    base64Encoded: "H4sIAAAAAAACA9M2VDC0MtAzVTC20jVKNVBQVkjm0jVUMLIy5OIyBkoZphor"
      + "mAMVGBqZcgEAEyZA8CwAAAA=")

  private static func data() throws -> [FuzzTarget] {
    let head: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2]
    let images = head + (0..<12).map { UInt8($0 * 20) }
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 1]
    let market = [
      "%%MatrixMarket matrix coordinate real general\n% c\n3 4 2\n1 4 2.5\n3 1 -1e0\n",
      "%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n1 1\n3 1\n",
    ]
    return [
      FuzzTarget("libsvm", texts: libsvm, read: table { try LIBSVMFile.read($0, as: Float.self) }),
      FuzzTarget(
        "csv", texts: ["a,b,c\n1,\"2\",0\n3.5,-4e1,1\n5,6,1\n", "1;2\n3;4\n"],
        read: table { try CSVFile.read($0, as: Float.self) }),
      FuzzTarget(
        "ratings", texts: ["user,item,rating\n0::1::3.5::9\n2,3,4\n4\t5\t1e0\n"] + market,
        words: ["%%MatrixMarket", "::", "symmetric", "integer"],
        read: table { try RatingsFile.read($0, as: Float.self) }),
      FuzzTarget(
        "idx-images", [images],
        read: table { stream in
          try IDXFolder.read(
            images: stream, labels: ByteStream(bytes: labels, path: "labels"), name: "data",
            as: Float.self)
        }),
      FuzzTarget(
        "idx-labels", [labels],
        read: table { stream in
          try IDXFolder.read(
            images: ByteStream(bytes: images, path: "images"), labels: stream, name: "data",
            as: Float.self)
        }),
    ]
  }

  // MARK: Files by their paths

  /// A reader of a path, given bytes.
  private static func atPath(
    _ name: String, _ read: @escaping @Sendable (String) throws -> Void
  ) -> @Sendable ([UInt8]) throws -> Void {
    let path = NSTemporaryDirectory() + "lockstep-fuzz-\(UUID().uuidString)-\(name)"
    return { bytes in
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      defer { try? FileManager.default.removeItem(atPath: path) }
      try read(path)
    }
  }

  private static func files() throws -> [FuzzTarget] {
    let array = try written("npy") { path in
      try [1.5, -2, 3].withUnsafeBufferPointer { try NumPyArray.write($0, to: path) }
    }
    let calibration =
      #"{"schema":"lockstep.calibration/1","configuration":{},"iterations":2,"workers":[[1.5,2]],"service":[1.5,2],"read":[0.5],"#
      + #""compute":[1],"apply":[0.25],"parts":[{"read":[0.5],"compute":[1],"apply":[0.25]}]}"#
    return [
      FuzzTarget(
        "npy", [array], words: ["'fortran_order': True", "'descr': '<f4'", "(3,)", "(1, 3)"],
        read: atPath("npy") { path in
          _ = try NumPyArray(contentsOf: path).elements(as: Double.self)
        }),
      FuzzTarget(
        "gzip", [Array(packed ?? Data())].filter { !$0.isEmpty },
        read: { bytes in
          _ = try ByteStream(bytes: bytes, path: "data").readRest(atMost: 1 << 24)
        }),
      FuzzTarget(
        "minibatches", texts: ["0 1 2\n3,4,5\n", "1\r\n2\r\n"],
        read: atPath("batches") { path in
          let file = try MinibatchFile(path: path, exampleCount: 6)
          try FuzzFailure.require(
            file.examples.allSatisfy { (0..<6).contains($0) }, "an example is none")
        }),
      FuzzTarget(
        "delay-trace", texts: ["0\n3\n 7 \n\n"],
        read: atPath("delays") { path in _ = try DelayTrace(path: path) }),
      FuzzTarget(
        "service-trace", texts: ["0.5\n3\n1e-3\r\n"],
        read: atPath("services") { path in
          try FuzzFailure.require(
            ServiceTrace.read(path).allSatisfy { $0 > 0 && $0.isFinite }, "a duration is none")
        }),
      FuzzTarget(
        "calibration", texts: [calibration], words: ["[", "{", "null"],
        read: atPath("calibration") { path in _ = try ServiceTrace.readCalibration(path) }),
    ]
  }

  private static func written(_ name: String, _ write: (String) throws -> Void) throws -> [UInt8] {
    let path = NSTemporaryDirectory() + "lockstep-fuzz-\(UUID().uuidString)-\(name)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try write(path)
    return Array(try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  // MARK: Checkpoints

  private static func checkpoints() throws -> [FuzzTarget] {
    var run = RunOptions()
    for (name, text) in [
      ("model", "quadratic:dimension=4"), ("engine", "virtual"), ("updates", "9000"),
      ("optimizer", "adam"),
    ] { try run.set(name, text) }
    let configuration = try run.configuration()
    let file = try written("checkpoint") { path in
      _ = try TrainingRun().execute(
        configuration, PreparedModel(configuration), on: Topology(.live),
        checkpoints: CheckpointPlan(
          CheckpointSpecification(path: path, seconds: 1e-9), resuming: nil))
    }
    @Sendable func read(_ bytes: [UInt8]) throws {
      let saved = try SavedRun(CheckpointFile(bytes, path: "run.ckpt"))
      _ = try saved.configuration(changing: RunOptions())
      let archive = StateArchive(try CheckpointFile(bytes, path: "run.ckpt"))
      var state: [Double] = []
      try archive.list("store.parameters", &state)
      try FuzzFailure.require(state.count < bytes.count, "there are more numbers than bytes")
    }
    let words = ["\"dtype\":\"I64\"", "\"shape\":[4]", "[0,32]", "__metadata__", "\"schema\":"]
    return [
      FuzzTarget("checkpoint", [file], words: words, read: read),
      // What stands behind the checksum is read as well.
      FuzzTarget(
        "checkpoint-header", [file], words: words,
        read: { bytes in
          guard bytes.count > 8 else { return }
          var digest = ContentDigest()
          bytes.dropLast(8).withUnsafeBytes { digest.add($0) }
          try read(
            bytes.dropLast(8) + withUnsafeBytes(of: digest.value.littleEndian) { [UInt8]($0) })
        }),
    ]
  }

  // MARK: Traces

  private static func traces() throws -> [FuzzTarget] {
    var corpus: [[UInt8]] = []
    for options in ["policy=bounded:1", "policy=barrier", "apply-time=constant:0.5"] {
      var run = RunOptions()
      for text in [
        "model=quadratic:dimension=4", "engine=virtual", "workers=2", "updates=6", options,
      ] {
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        try run.set(sides[0], sides[1])
      }
      var configuration = try run.configuration()
      configuration.recordsTrace = true
      var found: Trace?
      _ = try TrainingRun().execute(
        configuration, PreparedModel(configuration), on: Topology(.live),
        keepTrace: { found = $0 })
      guard let found else { continue }
      corpus.append(Array(try TraceFile.encode(found, for: "t.csv")))
      corpus.append(Array(try TraceFile.encode(found, for: "t.jsonl")))
    }
    return [
      FuzzTarget(
        "trace", corpus, words: ["\"isJoint\":true", "\"shards\":", ",,", ";"],
        read: atPath("trace") { path in
          let trace = try TraceFile.read(path)
          _ = TraceCheck(trace)
        })
    ]
  }

  // MARK: Plans and expressions

  private static func plans() -> [FuzzTarget] {
    let bundled = BundledStudies.names.compactMap { BundledStudies.yaml(of: $0) }
    let plan = """
      name: rates
      options: {engine: virtual, epochs: 2, record: [loss=10]}
      parameters:
        policy: [barrier, hogwild]
        learning-rate: logspace(-3,-1,5)
        workers: {values: [1, 2, 4]}
      zip:
      - model: {values: [mlp:8, mlp:16]}
        batch: {values: [8, 8]}
      parts:
      - name: small
        options: {epochs: 1}
      - name: large
        full: {parameters: {seed: 1..20}}
      """
    let words = [
      "- ", "? ", "&a ", "*a", "<<: *a", "!!binary ", "{a: ", "[", "quick: ", "1..9:2", "zip:\n",
      "|\n", "%YAML 1.2\n", "---\n",
    ]
    return [
      FuzzTarget(
        "plan", texts: [plan], words: words,
        read: { bytes in
          let text = String(decoding: bytes, as: UTF8.self)
          _ = PlanDocument.digest(in: text)
          let plan = try SweepPlan(yaml: text, path: "plan.yaml")
          let runs = try plan.runs(limit: 1000)
          // What is written for a folder reads back as the same runs.
          let again = try SweepPlan(
            yaml: PlanDocument.text(plan, digest: runs.digest), path: "again.yaml"
          ).runs(limit: 1000)
          try FuzzFailure.require(again.digest == runs.digest, "the plan reads back as another one")
        }),
      FuzzTarget(
        "study", texts: bundled, words: words + ["claims:\n", "value: ", "expect: "],
        read: { bytes in
          _ = try Study(
            yaml: String(decoding: bytes, as: UTF8.self), path: "study.yaml", variant: .quick)
        }),
      FuzzTarget(
        "axis", texts: ["1..8,doubling(1,64)", "0.1..0.5:0.1", "[a,b],linspace(0,1,5),x"],
        words: ["range(", "logspace(", "..", "[", ")"],
        read: { bytes in
          let text = String(decoding: bytes, as: UTF8.self)
          guard !text.contains("000") else { return }
          _ = try AxisExpression.values(text)
        }),
      FuzzTarget(
        "expression", texts: ["a/(b+1) <= 2*log(c) and -a^2 > 1e-3", "min(a,b) or harmonic(4)"],
        words: ["(", "-", "^", " and ", " or ", "log("],
        read: { bytes in
          let expression = try Expression(String(decoding: bytes, as: UTF8.self))
          _ = expression.value { _ in 1 }
        }),
      FuzzTarget(
        "metric",
        texts: [
          "loss.final", "noise.interaction[current].relative@shards=parameters", "workers[0].parks",
          "updatesToTarget@loss=0.3", "axis.model.width",
        ], words: ["@", "[", "]", "noise.", "axis."],
        read: { bytes in _ = try Metric(String(decoding: bytes, as: UTF8.self)) }),
    ]
  }

  // MARK: Results

  private static func results() throws -> [FuzzTarget] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var corpus: [[UInt8]] = []
    for options in [
      [
        "model=quadratic:dimension=4", "engine=virtual", "updates=12", "record=noise=5",
        "workers=2",
      ],
      [
        "model=quadratic:dimension=4", "engine=virtual", "workers=2", "policy=bounded:0",
        "fault=worker=1,at=3,kind=crash", "updates=20",
      ],
    ] {
      var run = RunOptions()
      for text in options {
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        try run.set(sides[0], sides[1])
      }
      let configuration = try run.configuration()
      let record = try TrainingRun().execute(
        configuration, PreparedModel(configuration), on: Topology(.live))
      corpus.append(
        Array(
          try encoder.encode(
            StoredRun(id: "r-1", axes: ["workers": .integer(2)], record: record))))
    }
    let words = ["null", "[[", "{\"x\":", "\"\\u00e9\"", "1e400", "-", "true", "\"stall\":"]
    return [
      FuzzTarget(
        "run", corpus, words: words,
        read: { bytes in
          guard let fast = StoredRun.readFast(bytes[...]) else {
            _ = try StoredRun(line: bytes[...])
            return
          }
          // What the fast reader takes, the general decoder takes, too, and reads as the same.
          let general: StoredRun
          do {
            general = try JSONDecoder().decode(StoredRun.self, from: Data(bytes))
          } catch {
            throw FuzzFailure(description: "only the fast reader reads it: \(error)")
          }
          let encoder = JSONEncoder()
          encoder.outputFormatting = .sortedKeys
          try FuzzFailure.require(
            encoder.encode(fast) == encoder.encode(general), "the two readers differ")
        }),
      FuzzTarget(
        "results", [corpus[0] + [0x0A] + corpus[1] + [0x0A], [0x0A, 0x20, 0x0A] + corpus[1]],
        words: words + ["\n", "\r\n"],
        read: { bytes in
          let lines = ResultLines(bytes)
          try FuzzFailure.require(
            lines.whole.map(\.number) == lines.whole.map(\.number).sorted(), "lines out of order")
          for line in lines.whole + [lines.rest].compactMap(\.self) {
            _ = ResultStore.id(of: line.bytes)
            _ = try StoredRun(line: line.bytes)
          }
        }),
      FuzzTarget(
        "claims",
        texts: [
          #"[{"id":"a","statement":"s","source":"t","measured":"m","expected":"e","verdict":"reproduced","estimate":1}]"#
        ], words: words,
        read: { bytes in _ = try JSONDecoder().decode([ClaimResult].self, from: Data(bytes)) }),
    ]
  }

  // MARK: Specifications

  /// A spelling of each option that has a grammar.
  private static let spellings = [
    "model": [
      "quadratic:dimension=5,condition=10,noise=0.1", "mlp:8x4,activation=tanh",
      "logistic:intercept=true,l2=0.1,positive=3", "factorization:4,l2=1e-3",
      "quadratic:eigenvalues=1;2;3,start=normal",
    ],
    "data": [
      "digits", "fashion-mnist:/x", "csv:a.csv", "synthetic:task=ratings,examples=10",
      "synthetic:examples=60,features=3,density=0.5",
    ],
    "held-out": ["automatic", "0.25", "0.25,seed=3", "csv:x"],
    "policy": ["barrier", "bounded:4", "sequential", "hogwild", "locked"],
    "optimizer": ["sgd", "momentum:0.9", "adam", "adamw:0.1"],
    "schedule": ["linear", "warmup:9+cosine", "step:every=3,factor=0.5", "file:x"],
    "service": [
      "constant:1", "gamma:1,0.5", "per-worker:1;2;3", "adversarial:7", "lognormal:1,2",
    ],
    "delay": ["constant:4", "uniform:0..8", "geometric:3.5", "exchange:2"],
    "fault": ["worker=0,at=1.5,kind=stall:2", "worker=1,at=0,kind=crash"],
    "record": ["loss=10", "noise=5", "trace"], "noise-shards": ["workers,parameters,4"],
    "batch": ["32", "full"], "seed": ["18446744073709551615"], "workers": ["4"],
    "learning-rate": ["1e-3"], "target-loss": ["0.5"],
  ]

  private static func specifications() -> [FuzzTarget] {
    spellings.sorted { $0.key < $1.key }.map { name, texts in
      FuzzTarget(
        "option-\(name)", texts: texts, words: ["=", ",", ";", ":", "..", "x", "l2="],
        read: { bytes in
          let text = String(decoding: bytes, as: UTF8.self)
          let option = try RunOptions.option(named: name)
          try option.check(text)
          var run = RunConfiguration(model: try ModelSpecification("quadratic:dimension=2"))
          try option.apply(text, to: &run)
          // What is written for the record reads back as the same.
          guard let written = option.write(run), name != "fault", name != "record" else { return }
          var again = RunConfiguration(model: try ModelSpecification("quadratic:dimension=2"))
          try option.apply(written, to: &again)
          try FuzzFailure.require(
            option.write(again) == written, "'\(written)' reads back as another value")
        })
    }
  }

  // MARK: Topologies

  private static func topologies() throws -> [FuzzTarget] {
    let xml = try written("xml") { path in
      try Topology(.synthetic("package:2 numa:1 core:2 pu:2")).exportXML(to: path)
    }
    return [
      FuzzTarget(
        "topology-xml", [xml], words: ["<object ", "cpuset=\"0x1\"", "/>", "type=\"PU\""],
        read: { bytes in
          guard TopologyXMLCheck.finding(bytes) == .topology else {
            throw FuzzFailure.Refused()
          }
        }),
      FuzzTarget(
        "pin", texts: ["compact", "core:0-3", "pu:0,2", "os:0-3,8", "0x5", "numa"],
        words: ["-", ",", "0x", "core:"],
        read: { bytes in _ = try PinPlan(String(decoding: bytes, as: UTF8.self)) }),
    ]
  }
}

extension FuzzFailure {
  /// What stands for the error of a reader that only answers yes or no.
  struct Refused: Error {}
}
