import Foundation
import Lockstep
import Testing

@Suite(.timeLimit(.minutes(15))) struct `The values of a run's options` {
  /// Runs with JSON, and expects success.
  @discardableResult
  private func run(
    _ options: String, in folder: String = "/", source: SourceLocation = #_sourceLocation
  ) throws -> RunRecord {
    let result = try lockstep(typed: "run --json --quiet \(options)", in: folder)
    #expect(result.code == 0, "\(options): \(result.errors)", sourceLocation: source)
    #expect(result.errors.isEmpty, "\(options)", sourceLocation: source)
    return try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
  }

  private static let idx: [(String, [UInt8])] = {
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2]
    let labels: [UInt8] = [0, 0, 8, 1, 0, 0, 0, 4]
    return [
      ("train-images-idx3-ubyte", images + [9, 0, 0, 9, 200, 1, 1, 200]),
      ("train-labels-idx1-ubyte", labels + [0, 1, 0, 1]),
    ]
  }()

  /// A folder with a small data set of every kind.
  private func data() throws -> CommandFolder {
    let folder = try CommandFolder()
    try folder.write("a.csv", "x,y,label\n1,2,0\n3,4,1\n5,1,0\n2,2,1\n")
    try folder.write("a.libsvm", "1 1:1 3:0.5\n-1 2:1\n1 1:2\n-1 2:0.5 3:1\n")
    try folder.write("a.ratings", "0 0 3\n1 1 4\n2 0 5\n1 2 1\n")
    for (name, bytes) in Self.idx { try folder.write(name, bytes) }
    return folder
  }

  @Test func `every model trains on data that suits it`() throws {
    let folder = try data()
    let cases = [
      ("quadratic:dimension=5,condition=10", 5), ("quadratic:eigenvalues=1;2;3", 3),
      ("quadratic:dimension=4,coupling=0.5,start=normal", 4), ("quadratic:laplacian=6", 6),
      ("quadratic:dimension=3,condition=4,rotated=true,noise=0.1", 3),
      ("least-squares --data csv:a.csv", 2), ("least-squares:intercept=true --data csv:a.csv", 3),
      ("logistic --data libsvm:a.libsvm", 3), ("logistic:l2=0.1 --data csv:a.csv", 2),
      ("svm --data libsvm:a.libsvm", 3), ("svm:positive=3,intercept=true --data digits", 65),
      ("mlp:0 --data idx:.", 6), ("mlp:3x2,activation=tanh --data csv:a.csv", 23),
      ("mlp:4,activation=relu,l2=0.01 --data synthetic:examples=20,features=3,classes=3", 31),
      ("factorization:2 --data ratings:a.ratings", 12),
      (
        "factorization:1 --data "
          + "synthetic:task=ratings,examples=30,users=4,items=3,rank=1,noise=0", 7
      ),
      ("least-squares --data synthetic:task=regression,examples=30,features=7,density=0.5", 7),
    ]
    for (model, count) in cases {
      let record = try run("--model \(model) --updates 6 --batch 2", in: folder.path)
      #expect(record.parameterCount == count, "\(model)")
      #expect(record.updates == 6, "\(model)")
      #expect(record.loss.final?.isFinite == true, "\(model)")
    }
  }

  private static let policies = ["sequential", "barrier", "bounded:1", "hogwild", "locked"]

  @Test(arguments: policies, ["blocks", "samples"])
  func `every policy goes with both decompositions and all optimizers`(
    _ policy: String, _ decomposition: String
  ) throws {
    for optimizer in [
      "sgd", "momentum:0.9", "nesterov:0.5", "adagrad", "rmsprop", "adam", "adamw", "lion:0.1",
    ] {
      let options =
        "--policy \(policy) --decomposition \(decomposition) --optimizer \(optimizer) --workers 2 "
      let network = try run(options + "--model mlp:3 --updates 6 --learning-rate 0.001")
      #expect(network.updates == 6)
      #expect(network.status == .completed)
      #expect(network.workers.map(\.updates).reduce(0, +) >= 6)
    }
    let sparse = try run(
      "--policy \(policy) --decomposition \(decomposition) --workers 3 --model svm --updates 60 "
        + "--data synthetic:examples=200,features=96,density=0.1 --batch 1")
    #expect(sparse.updates == 60)
    let quadratic = try run(
      "--policy \(policy) --decomposition \(decomposition) --workers 3 --updates 30 "
        + "--model quadratic:dimension=9 --precision double")
    #expect(quadratic.updates == 30)
    #expect((quadratic.loss.final ?? 9) < (quadratic.loss.initial ?? 0))
  }

  @Test(arguments: ["none", "compact", "scatter", "cores", "sockets", "numa"])
  func `every pin places all workers`(_ pin: String) throws {
    let record = try run("--model quadratic --workers 2 --updates 4 --pin \(pin)")
    #expect(record.placement.count == 2)
    #expect(record.placement.allSatisfy { $0.os.isEmpty == (pin == "none") })
    #expect(record.configuration["pin"] == .text(pin))
  }

  @Test func `lists and masks pin to what they name`() throws {
    let topology = try Topology(.live)
    let unit = try #require(topology.processingUnits.first)
    let mask =
      "0x" + String(1 << (unit.os % 32), radix: 16)
      + String(repeating: ",0x00000000", count: unit.os / 32)
    for pin in ["core:\(try #require(unit.core))", "pu:\(unit.logical)", "os:\(unit.os)", mask] {
      let record = try run("--model quadratic --updates 2 --pin \(pin)")
      #expect(record.placement.first?.os.contains(unit.os) == true, "\(pin)")
    }
  }

  @Test func `portable kernels and BLAS agree`() throws {
    let options = "--model mlp:8 --updates 20 --precision double --seed 3"
    let portable = try run(options + " --kernels portable")
    let blas = try run(options + " --kernels blas")
    let (first, second) = (portable.loss.final ?? 0, blas.loss.final ?? 1)
    #expect(abs(first - second) < 1e-9 * abs(first))
    #expect(portable.configuration["kernels"] == .text("portable"))
  }

  @Test func `full batches, epochs, sampling and a target say how long a run is`() throws {
    #expect(try run("--model mlp:0 --batch full --epochs 3").samples == 3 * 1437)
    #expect(try run("--model mlp:0 --batch 100 --epochs 0.5").updates == 8)
    #expect(
      try run("--model mlp:0 --batch 10 --updates 4 --sampling replacement").samples == 40)
    let target = try run("--model mlp:0 --target-loss 1 --epochs 50 --record loss=10")
    #expect(target.status == .targetReached)
    #expect((target.loss.final ?? 9) <= 1)
    #expect(target.loss.curve.map(\.update).dropFirst().first == 10)
  }

  @Test func `a rate nobody chose falls to zero over whole epochs, and only there`() throws {
    func rate(_ options: String) throws -> [ConfigurationValue?] {
      let record = try run("--model mlp:0 --batch 400 " + options)
      return [record.configuration["schedule"], record.configuration["learningRate"]]
    }
    #expect(try rate("--epochs 1") == [.text("linear"), .number(0.2)])
    #expect(try rate("--updates 3") == [.text("constant"), .number(0.1)])
    #expect(try rate("--epochs 1 --learning-rate 0.3") == [.text("constant"), .number(0.3)])
    #expect(
      try rate("--updates 3 --learning-rate 0.3 --schedule linear")
        == [.text("linear"), .number(0.3)])
  }

  @Test func `the same seed gives the same run under a barrier`() throws {
    let options = "--model mlp:4 --workers 2 --updates 20 --seed "
    let first = try run(options + "5").loss.final
    #expect(try run(options + "5").loss.final == first)
    #expect(try run(options + "6").loss.final != first)
  }

  @Test(arguments: ["single", "double"])
  func `saved parameters start the next run bit for bit`(_ precision: String) throws {
    let folder = try CommandFolder()
    let options = "--model mlp:5 --precision \(precision) --batch full --workers 3 --updates"
    try run("\(options) 12 --save whole.npy", in: folder.path)
    let half = try run("\(options) 6 --save half.npy", in: folder.path)
    let rest = try run("\(options) 6 --init half.npy --save rest.npy", in: folder.path)
    #expect(try folder.read("rest.npy") == folder.read("whole.npy"))
    #expect(rest.loss.initial == half.loss.final)
    #expect(folder.names == ["half.npy", "rest.npy", "whole.npy"])
    // A run that makes no update gives back what it was given.
    try run("\(options) 6 --init half.npy --save same.npy --target-loss 1e9", in: folder.path)
    #expect(try folder.read("same.npy") == folder.read("half.npy"))
  }

  @Test func `minibatches come from a file`() throws {
    let folder = try data()
    try folder.write("batches.txt", "0 1\n2,3\n\t1 2 3 \r\n0\n")
    let record = try run(
      "--model mlp:2 --data csv:a.csv --batches batches.txt --workers 2", in: folder.path)
    // In blocks, two workers make an update each on every line.
    #expect(record.updates == 8)
    #expect(record.samples == 8)
    #expect(record.configuration["batch"] == .null)
    let shared = try run(
      "--model mlp:2 --data csv:a.csv --batches batches.txt --workers 2 --updates 2 "
        + "--decomposition samples", in: folder.path)
    #expect(shared.updates == 2)
    #expect(shared.samples == 4)
  }

  @Test func `every form of held-out examples is taken`() throws {
    let folder = try data()
    try folder.write("b.csv", "1,1,1\n2,3,0\n")
    func loss(_ heldOut: String) throws -> Double? {
      try run(
        "--model mlp:2 --data csv:a.csv --updates 2 --held-out \(heldOut)", in: folder.path
      ).loss.heldout
    }
    #expect(try loss("automatic") == nil)
    #expect(try loss("0") == nil)
    #expect(try loss("0.5") != nil)
    #expect(try loss("csv:b.csv") != nil)
    #expect(try run("--model mlp:0 --updates 1").loss.heldout != nil)
  }

  @Test func `a folder gets the record and the losses`() throws {
    let folder = try CommandFolder()
    let options = ["--model", "quadratic", "--updates", "40", "--out", "some/results", "--json"]
    let result = try lockstep(["run"] + options, in: folder.path)
    #expect(result.code == 0)
    #expect(try folder.read("some/results/record.json") == Data(result.output.utf8.dropLast()))
    let table = String(decoding: try folder.read("some/results/loss.csv"), as: UTF8.self)
    #expect(table.hasPrefix("update,seconds,loss\n0,0.0,5.0\n"))
    #expect(table.split(separator: "\n").count == 22)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/some/results")
    #expect(files.sorted() == ["loss.csv", "record.json"])
  }

  @Test func `as many workers as Dispatch starts are taken`() throws {
    let record = try run("--model quadratic:dimension=300 --workers 255 --updates 510")
    #expect(record.updates == 510)
    #expect(record.workers.allSatisfy { $0.updates == 2 })
  }
}
