import CZlib
import LockstepCore
import Testing

@testable import LockstepModels

private func load(
  _ text: String, heldOut: HeldOut = .automatic, seed: UInt64 = 1
) throws -> Dataset<Double> {
  try DataLoader.load(DataSpecification(text), heldOut: heldOut, seed: seed, as: Double.self)
}

@Suite struct `The embedded digits` {
  @Test func `the archive is the one that scikit-learn ships`() throws {
    let rows = try ByteStream(bytes: Digits.archive, path: "digits")
      .readRest(atMost: 1 << 20)
    #expect(rows?.count == 1797 * 65)
    let checksum = (rows ?? []).withUnsafeBufferPointer {
      crc32(0, $0.baseAddress, UInt32($0.count))
    }
    #expect(checksum == 3_889_732_259)
  }

  @Test func `the classes have their counts`() throws {
    let data = try load("digits", heldOut: .fraction(0))
    #expect(data.name == "digits")
    #expect(data.training.count == 1797)
    #expect(data.heldOut == nil)
    #expect(data.classCount == 10)
    #expect(data.featureCount == 64)
    var counts = [Int](repeating: 0, count: 10)
    for label in data.training.classArray ?? [] { counts[Int(label)] += 1 }
    #expect(counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    let start: [Double] = [0, 0, 5, 13, 9, 1]
    #expect(Array(data.training.rows[0].prefix(6)) == start.map { $0 / 16 })
    #expect(data.training.rows.joined().max() == 1)
  }

  @Test func `the last 360 are held out`() throws {
    let all = try load("digits", heldOut: .fraction(0)).training
    let data = try load("digits")
    #expect(data.training.count == 1437)
    #expect(data.heldOut?.count == 360)
    #expect(data.training.rows + (data.heldOut?.rows ?? []) == all.rows)
  }
}

@Suite struct `Holding out` {
  private let folder = TemporaryFolder()

  @Test func `a fraction is drawn at random, and both parts keep the order of the file`() throws {
    let file = folder.write("a.csv", "1,1\n2,2\n3,1\n4,3\n5,2\n")
    let data = try load("csv:\(file)", heldOut: .fraction(0.4))
    #expect(data.training.rows == [[2], [3], [5]])
    #expect(data.heldOut?.rows == [[1], [4]])
    // The label 3 is in the held-out part only and comes last.
    #expect(data.training.classArray == [1, 0, 1])
    #expect(data.heldOut?.classArray == [0, 2])
    #expect(try load("csv:\(file)", heldOut: .fraction(0.01)).heldOut?.count == 1)
    #expect(try load("csv:\(file)").heldOut == nil)
    #expect(
      complaint { _ = try load("csv:\(file)", heldOut: .fraction(0.95)) }
        == "\(file) has 5 examples: holding out a fraction of 0.95 leaves none to train on")
  }

  @Test func `each set of examples is as likely to be held out as any other`() throws {
    // Sorted by class: the last quarter would be of one class.
    let text = (0..<40).map { "\($0),\($0 / 10)\n" }.joined()
    let file = folder.write("sorted.csv", text)
    var counts = [Int](repeating: 0, count: 40)
    let trials = 2000
    for seed in 0..<UInt64(trials) {
      let data = try load("csv:\(file)", heldOut: .fraction(0.25, seed: seed))
      let held = (data.heldOut?.rows ?? []).map { Int($0[0]) }
      #expect(held.count == 10)
      #expect((held + data.training.rows.map { Int($0[0]) }).sorted() == Array(0..<40))
      for example in held { counts[example] += 1 }
    }
    // Binomial with mean 500 and standard deviation 19.4: 5 of them.
    #expect(counts.allSatisfy { abs($0 - trials / 4) < 97 })
    let again = try load("csv:\(file)", heldOut: .fraction(0.25, seed: 7))
    #expect(
      try load("csv:\(file)", heldOut: HeldOut("0.25,seed=7")).heldOut?.rows == again.heldOut?.rows)
    #expect(try load("csv:\(file)", heldOut: .fraction(0.25)).heldOut?.classArray?.count == 10)
  }

  @Test func `what is wrong in a held-out file is said of that file`() throws {
    let training = folder.write("a.csv", "1,0\n2,1\n")
    let other = folder.write("b.csv", "1,0\n2,21.6\n")
    let data = try load("csv:\(training)", heldOut: .data(try DataSpecification("csv:\(other)")))
    #expect(
      complaint { try data.requireClasses(for: "mlp") }
        == "mlp needs class labels; \(other), which is held out, has the label 21.6")
    #expect(
      complaint { _ = try data.binaryTargets(positiveClass: nil) }
        == "two classes are needed, labelled -1 and +1 or 0 and 1, but \(other), which is held out, has the "
        + "label 21.6")
  }

  @Test func `sparse rows and ratings are divided too`() throws {
    let file = folder.write("a.svm", "1 1:1 2:2\n-1 3:3\n1\n-1 4:4\n")
    let data = try load("libsvm:\(file)", heldOut: .fraction(0.5))
    #expect(data.training.rows == [[0, 0, 3, 0], [0, 0, 0, 4]])
    #expect(data.heldOut?.rows == [[1, 2, 0, 0], [0, 0, 0, 0]])
    let ratings = folder.write("r.tsv", "0 0 1\n1 1 2\n9 5 3\n")
    let rated = try load("ratings:\(ratings)", heldOut: .fraction(0.3))
    #expect(rated.heldOut?.ratingArray == [[0, 0]])
    #expect(rated.userCount == 10)
    #expect(rated.itemCount == 6)
  }

  @Test func `another sparse file may have other features and labels`() throws {
    let first = folder.write("a.svm", "1 1:1\n-1 2:1\n")
    let second = folder.write("b.svm", "0 5:1\n1 1:1\n")
    let data = try load("libsvm:\(first)", heldOut: .data(DataSpecification("libsvm:\(second)")))
    #expect(data.featureCount == 5)
    #expect(data.training.featureCount == 5)
    #expect(data.heldOut?.classArray == [2, 1])
    #expect(data.classLabels == [-1, 1, 0])
  }

  @Test func `held-out labels that are no classes make all labels quantities`() throws {
    let first = folder.write("a.csv", "1,1\n")
    let second = folder.write("b.csv", "1,2.5\n")
    let data = try load("csv:\(first)", heldOut: .data(DataSpecification("csv:\(second)")))
    #expect(data.classCount == nil)
    #expect(data.heldOut?.targetArray == [2.5])
  }

  @Test func `dense data of another width is refused`() throws {
    let first = folder.write("a.csv", "1,1\n")
    let second = folder.write("b.csv", "1,2,1\n")
    let ratings = folder.write("r.tsv", "0 0 1\n")
    #expect(
      complaint {
        _ = try load("csv:\(first)", heldOut: .data(DataSpecification("csv:\(second)")))
      } == "\(first) has 1 feature an example, but \(second), which is held out, has 2")
    #expect(
      complaint {
        _ = try load("csv:\(first)", heldOut: .data(DataSpecification("ratings:\(ratings)")))
      } == "\(ratings), which is held out, has ratings, \(first) has not")
    #expect(
      complaint {
        _ = try load("ratings:\(ratings)", heldOut: .data(DataSpecification("csv:\(first)")))
      } == "\(ratings) has ratings, \(first), which is held out, has not")
  }

  @Test func `synthetic data held out from synthetic data is fresh, with the same teacher`() throws
  {
    let text = "synthetic:examples=50,features=3"
    let data = try load(text, heldOut: .data(DataSpecification("synthetic:examples=10,features=3")))
    let whole = try load("synthetic:examples=60,features=3", heldOut: .fraction(0))
    #expect(data.training.rows + (data.heldOut?.rows ?? []) == whole.training.rows)
  }
}

@Suite struct `Labels for models` {
  private func dataset(_ text: String) throws -> Dataset<Double> {
    try DataLoader.assemble(LIBSVMFile.read(stream(text), as: Double.self), heldOut: nil)
  }

  @Test(arguments: ["1 1:1\n-1 1:1\n", "1 1:1\n0 1:1\n"])
  func `two classes become plus and minus one`(_ text: String) throws {
    let data = try dataset(text).binaryTargets(positiveClass: nil)
    #expect(data.training.targetArray == [1, -1])
    #expect(data.training.classArray == [1, 0])
    #expect(data.training.rows == [[1], [1]])
    #expect(data.classCount == 2)
    #expect(data.classLabels == [-1, 1])
  }

  @Test(arguments: [
    ("1 1:1\n2 1:1\n", "2", true), ("1 1:1\n0 1:1\n-1 1:1\n", "-1", true),
    ("0.5 1:1\n1 1:1\n", "0.5", false),
  ])
  func `other labels are refused by name`(_ text: String, _ label: String, _ hint: Bool) throws {
    let data = try dataset(text)
    #expect(
      complaint { _ = try data.binaryTargets(positiveClass: nil) }
        == "two classes are needed, labelled -1 and +1 or 0 and 1, but data has the label "
        + label + (hint ? "; positive=K tells label K from all others" : ""))
  }

  @Test func `one class against the rest`() throws {
    let data = try load("digits").binaryTargets(positiveClass: 3)
    #expect(data.training.targetArray.filter { $0 == 1 }.count == 146)
    #expect(data.training.targetArray.filter { $0 == -1 }.count == 1291)
    #expect(data.heldOut?.targetArray.filter { $0 == 1 }.count == 37)
    #expect(data.training.featureCount == 64)
  }

  @Test func `a positive class that isn't there is refused`() throws {
    #expect(
      complaint { _ = try dataset("1 1:1\n2 1:1\n").binaryTargets(positiveClass: 5) }
        == "positive=5: no training example of data has that label; there are 1, 2")
    #expect(
      complaint { _ = try dataset("1.5 1:1\n").binaryTargets(positiveClass: 5) }
        == "positive=5 needs class labels, which data has not")
    let many = (0..<20).map { "\($0) 1:1\n" }.joined()
    #expect(
      complaint { _ = try dataset(many).binaryTargets(positiveClass: 20) }?
        .hasSuffix("there are 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, …") == true)
  }

  @Test func `the features outlive the set they come from`() throws {
    func make() throws -> ExampleSet<Double> {
      try dataset("1 1:1 2:7\n0 1:1\n").binaryTargets(positiveClass: nil)
        .binaryTargets(positiveClass: 1).training
    }
    #expect(try make().rows == [[1, 7], [1, 0]])
  }

  @Test func `classes are there or missed with a reason`() throws {
    #expect(try load("digits").requireClasses(for: "mlp") == 10)
    #expect(
      complaint { try dataset("1 1:1\n2.5 1:1\n").requireClasses(for: "mlp") }
        == "mlp needs class labels; data has the label 2.5")
    #expect(
      complaint { try load("synthetic:task=ratings,examples=10").requireClasses(for: "mlp") }
        == "mlp needs class labels; synthetic:task=ratings,examples=10 has ratings")
    let many = (0...CSVFile.classLimit).map { "1,\($0)\n" }.joined()
    let data = try DataLoader.assemble(
      CSVFile.read(stream(many), as: Double.self), heldOut: nil)
    #expect(
      complaint { try data.requireClasses(for: "mlp") }
        == "mlp needs class labels; data has too many different ones, or they are quantities")
    var wide = try dataset("1 1:1\n")
    wide.classCount = 100_001
    #expect(
      complaint { try wide.requireClasses(for: "mlp") }
        == "data has 100001 classes; mlp takes at most 100000")
  }
}

@Suite struct `Synthetic data` {
  @Test func `the same seed gives the same data, another seed others`() throws {
    for text in [
      "synthetic:examples=40,features=5", "synthetic:examples=40,features=50,density=0.1",
      "synthetic:examples=40,features=5,task=regression",
      "synthetic:examples=40,features=5,classes=4",
    ] {
      let first = try load(text, seed: 7)
      let again = try load(text, seed: 7)
      let other = try load(text, seed: 8)
      #expect(first.training.rows == again.training.rows)
      #expect(first.training.targetArray == again.training.targetArray)
      #expect(first.training.rows != other.training.rows)
      #expect(first.training.count == 40)
      #expect(first.heldOut?.count == 8)
    }
    let text = "synthetic:task=ratings,examples=40"
    #expect(try load(text).training.ratingArray == load(text).training.ratingArray)
    #expect(try load("synthetic:examples=1,features=2").heldOut?.count == 1)
  }

  @Test func `single precision has the same labels`() throws {
    let text = "synthetic:examples=200,features=9,classes=3"
    let single = try DataLoader.load(
      DataSpecification(text), heldOut: .automatic, seed: 1, as: Float.self)
    #expect(try load(text).training.classArray == single.training.classArray)
  }

  @Test func `without noise two classes are separated by the teacher`() throws {
    let data = try load("synthetic:examples=500,features=4,noise=0")
    #expect(Set(data.training.targetArray) == [-1, 1])
    #expect(data.classLabels == [-1, 1])
    #expect(data.training.classArray?.map { Double($0) * 2 - 1 } == data.training.targetArray)
    // A perceptron finds a separating plane.
    var weights = [Double](repeating: 0, count: 4)
    let rows = data.training.rows
    let targets = data.training.targetArray
    for _ in 0..<2000 {
      var mistakes = 0
      for (row, target) in zip(rows, targets) {
        let score = zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 }
        if score * target <= 0 {
          for index in weights.indices { weights[index] += target * row[index] }
          mistakes += 1
        }
      }
      if mistakes == 0 { return }
    }
    Issue.record("no separating plane was found")
  }

  @Test func `sparse rows have about the density and unit norm`() throws {
    let data = try load("synthetic:examples=2000,features=400,density=0.05", heldOut: .fraction(0))
    guard case .sparse(let offsets, _, let values) = data.training.features else {
      Issue.record("not sparse")
      return
    }
    let entries = offsets[2000]
    #expect(abs(Double(entries) / 2000 - 20) < 0.5)
    let squares = (0..<entries).reduce(0) { $0 + values[$1] * values[$1] }
    #expect(abs(squares / 2000 - 1) < 0.05)
    let thin = try load("synthetic:examples=100,features=1000,density=1e-9")
    #expect(thin.training.rows.allSatisfy { row in row.filter { $0 != 0 }.count == 1 })
  }

  @Test func `regression and ratings have their moments`() throws {
    let data = try load("synthetic:task=regression,examples=2000,features=50,noise=0.1")
    #expect(data.classCount == nil)
    let targets = data.training.targetArray
    #expect(abs(targets.reduce(0, +) / 2000) < 0.15)
    let spread = targets.reduce(0) { $0 + $1 * $1 } / 2000
    #expect(spread > 0.5 && spread < 2)

    let ratings = try load("synthetic:task=ratings,examples=4000,users=100,items=50,rank=4")
    let values = ratings.training.targetArray
    let mean = values.reduce(0, +) / 4000
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000
    #expect(abs(mean - 3.5) < 0.2)
    #expect(variance > 0.5 && variance < 1.8)
    #expect(ratings.userCount == 100)
    #expect(ratings.itemCount == 50)
  }

  @Test func `label noise replaces labels`() throws {
    let clean = try load("synthetic:examples=2000,features=4,noise=0,classes=5")
    let noisy = try load("synthetic:examples=2000,features=4,noise=0.5,classes=5")
    #expect(clean.training.rows == noisy.training.rows)
    let changed = zip(clean.training.targetArray, noisy.training.targetArray)
      .filter { $0 != $1 }.count
    // Half are drawn anew, and four fifths of those differ.
    #expect(abs(changed - 800) < 100)
  }

  @Test func `what doesn't fit into memory is refused before it is made`() {
    let text = "synthetic:examples=1000000000,features=100000000"
    #expect(
      complaint { _ = try load(text) }?.hasSuffix(
        " GB, more than half of this machine's memory") == true)
    #expect(
      complaint {
        _ = try load("synthetic:examples=1,features=100000000,classes=100000,density=1e-9")
      } != nil)
  }
}
