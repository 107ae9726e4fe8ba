import LockstepCore
import LockstepModels
import Testing

@Suite struct `Gradients of large minibatches` {
  // 2,500 examples are two pieces of 1,024 and one of 452, whose means weigh by their sizes.
  @Test(arguments: [1, 1024, 1025, 2048, 2500])
  func `are means over all their examples`(count: Int) {
    let features = normals(2500 * 3, seed: 3)
    // Targets that drift, so that a piece's mean differs from another's.
    let targets = (0..<2500).map { Double($0) / 100 }
    let model = LinearModel<Double>(
      loss: .squared,
      training: ExampleSet(dense: features, featureCount: 3, targets: targets, classes: nil),
      featureCount: 3)
    let point = [0.5, -1, 2]
    let computer = GradientComputer(model: model, range: 0..<3, batch: count, seed: 1, worker: 0)
    allExamples(count).withUnsafeBufferPointer { examples in
      computer.compute(at: point, examples: examples, clock: 0)
    }
    var expected = [0.0, 0, 0]
    for example in 0..<count {
      let x = features[(example * 3)..<(example * 3 + 3)]
      let error = zip(x, point).reduce(-targets[example]) { $0 + $1.0 * $1.1 }
      for (index, value) in x.enumerated() { expected[index] += error * value / Double(count) }
    }
    let found = (0..<3).map { computer.gradient[$0] }
    #expect(relativeDifference(found, expected) < 1e-12)
  }
}
