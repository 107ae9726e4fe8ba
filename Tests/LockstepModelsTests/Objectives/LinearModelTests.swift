import LockstepCore
import Testing

@testable import LockstepModels

/// The same small examples in every layout.
enum LinearExamples {
  static let count = 9
  static let featureCount = 6

  /// Multiples of 1/8 in 0 … 1, so that bytes hold them exactly; a third of them 0.
  static let features: [Double] = {
    var stream = RandomStream(seed: 21, purpose: .syntheticData)
    return (0..<(count * featureCount)).map { _ in
      Double(max(0, stream.integer(below: 12) - 3)) / 8
    }
  }()

  static func targets(_ loss: LinearLoss) -> [Double] {
    normals(count, seed: 22).map { loss == .squared ? $0 : $0 < 0 ? -1 : 1 }
  }

  enum Layout: CaseIterable { case dense, bytes, sparse }

  static func make<Scalar: ModelScalar>(
    _ layout: Layout, _ loss: LinearLoss, as type: Scalar.Type
  ) -> ExampleSet<Scalar> {
    let targets = targets(loss).map { Scalar($0) }
    switch layout {
    case .dense, .bytes:
      return ExampleSet(
        dense: features.map { Scalar($0) }, featureCount: featureCount, targets: targets,
        classes: nil)
    case .sparse:
      var (offsets, columns, values): ([Int], [Int32], [Scalar]) = ([0], [], [])
      for row in 0..<count {
        for column in 0..<featureCount where features[row * featureCount + column] != 0 {
          columns.append(Int32(column))
          values.append(Scalar(features[row * featureCount + column]))
        }
        offsets.append(values.count)
      }
      return ExampleSet(
        offsets: offsets, columns: columns, values: values, featureCount: featureCount,
        targets: targets, classes: nil)
    }
  }

  static func model<Scalar: ModelScalar>(
    _ layout: Layout, _ loss: LinearLoss, intercept: Bool = false, l2: Double = 0,
    kernels: KernelChoice = .blas, as type: Scalar.Type
  ) -> LinearModel<Scalar> {
    let set = make(layout, loss, as: type)
    return LinearModel(
      loss: loss, training: set, heldOut: set, featureCount: featureCount, intercept: intercept,
      l2: l2, kernels: kernels)
  }
}

@Suite struct LinearModelTests {
  @Test(arguments: LinearLoss.allCases, [LinearExamples.Layout.dense, .sparse])
  func `the gradient is the derivative of the loss, over every range`(
    loss: LinearLoss, layout: LinearExamples.Layout
  ) {
    for (intercept, l2) in [(false, 0.0), (true, 0), (true, 0.5)] {
      for kernels in KernelChoice.allCases {
        let model = LinearExamples.model(
          layout, loss, intercept: intercept, l2: l2, kernels: kernels, as: Double.self)
        let point = normals(model.parameterCount, seed: 31)
        for examples: [Int32] in [[4], [0, 3, 8], allExamples(9)] {
          checkGradient(of: model, at: point, examples: examples)
        }
        let float = LinearExamples.model(
          layout, loss, intercept: intercept, l2: l2, kernels: kernels, as: Float.self)
        #expect(
          relativeDifference(
            float.gradient(at: single(point), examples: [0, 3, 8]),
            model.gradient(at: point, examples: [0, 3, 8])) < 1e-4)
      }
    }
  }

  @Test(arguments: LinearLoss.allCases)
  func `dense and sparse rows give the same loss and gradient`(loss: LinearLoss) {
    let dense = LinearExamples.model(.dense, loss, intercept: true, as: Double.self)
    let sparse = LinearExamples.model(.sparse, loss, intercept: true, as: Double.self)
    let point = normals(dense.parameterCount, seed: 32)
    let examples: [Int32] = [1, 1, 5, 7]
    #expect(
      relativeDifference(
        sparse.gradient(at: point, examples: examples),
        dense.gradient(at: point, examples: examples)) < 1e-14)
    let (a, b) = (
      sparse.evaluation(at: point, examples: examples),
      dense.evaluation(at: point, examples: examples, on: .heldOut)
    )
    #expect(abs(a.lossSum - b.lossSum) < 1e-14)
    #expect(a.correct == b.correct && a.count == 4)
  }

  @Test func `sparse rows may be judged by dense ones, and the other way round`() {
    // Wide enough for rows that have no room of their own to be noticed.
    let (count, width) = (300, 400)
    let targets = normals(count, seed: 51)
    let features = normals(count * width, seed: 52)
    let dense = ExampleSet<Double>(
      dense: features, featureCount: width, targets: targets, classes: nil)
    let sparse = ExampleSet<Double>(
      offsets: (0...count).map { $0 * width },
      columns: (0..<(count * width)).map { Int32($0 % width) }, values: features,
      featureCount: width, targets: targets, classes: nil)
    let point = normals(width, seed: 53)
    for (training, heldOut) in [(sparse, dense), (dense, sparse)] {
      let model = LinearModel(
        loss: .squared, training: training, heldOut: heldOut, featureCount: width)
      let (a, b) = (
        model.evaluation(at: point, examples: allExamples(count)),
        model.evaluation(at: point, examples: allExamples(count), on: .heldOut)
      )
      #expect(abs(a.lossSum / b.lossSum - 1) < 1e-12)
      checkLosses(of: model, at: point, examples: allExamples(count), on: .heldOut)
      let first = model.curvature(at: point, along: point, examples: allExamples(count))
      let other = model.curvature(
        at: point, along: point, examples: allExamples(count), on: .heldOut)
      #expect(relativeDifference(first.gradient, other.gradient) < 1e-12)
      #expect(relativeDifference(first.product, other.product) < 1e-12)
    }
  }

  @Test func `bytes are divided by their scale`() {
    let bytes = ExampleSet<Double>(
      bytes: [0, 51, 255, 102, 255, 0], scale: 255, featureCount: 3, classes: [0, 1])
    let dense = ExampleSet<Double>(
      dense: [0, 0.2, 1, 0.4, 1, 0], featureCount: 3, targets: [0, 1], classes: [0, 1])
    let models = [bytes, dense].map { LinearModel(loss: .squared, training: $0, featureCount: 3) }
    let point = [0.5, -1, 2]
    #expect(
      models[0].gradient(at: point, examples: [0, 1])
        == models[1].gradient(at: point, examples: [0, 1]))
  }

  @Test func `a batch larger than a chunk is worked on in parts`() {
    let count = 600
    let features = normals(count * 3, seed: 41)
    let targets = normals(count, seed: 42)
    let model = LinearModel(
      loss: .squared,
      training: ExampleSet(dense: features, featureCount: 3, targets: targets, classes: nil),
      featureCount: 3)
    let point = [0.3, -0.2, 0.9]
    var expected = [0.0, 0, 0]
    var loss = 0.0
    for row in 0..<count {
      var margin = -targets[row]
      for column in 0..<3 { margin += features[3 * row + column] * point[column] }
      loss += margin * margin / 2
      for column in 0..<3 { expected[column] += margin * features[3 * row + column] / 600 }
    }
    #expect(
      relativeDifference(model.gradient(at: point, examples: allExamples(600)), expected) < 1e-13)
    #expect(abs(model.evaluation(at: point, examples: allExamples(600)).lossSum - loss) < 1e-10)
  }

  @Test func `least squares is least where the normal equations say`() {
    // XᵀX w = Xᵀy for X = [1 0; 1 1; 1 2], y = [1 2 4]: the line 5/6 + 3/2·t.
    let set = ExampleSet<Double>(
      dense: [0, 1, 2], featureCount: 1, targets: [1, 2, 4], classes: nil)
    let model = LinearModel(loss: .squared, training: set, featureCount: 1, intercept: true)
    let gradient = model.gradient(at: [1.5, 5.0 / 6], examples: [0, 1, 2])
    #expect(largest(gradient) < 1e-15)
    #expect(abs(model.objectiveValue(at: [1.5, 5.0 / 6], examples: [0, 1, 2]) - 1.0 / 36) < 1e-15)
    #expect(!model.isClassifier)
  }

  @Test func `a classifier counts by the sign, and a NaN as wrong`() {
    let set = ExampleSet<Double>(
      dense: [2, -3, 1, 0], featureCount: 1, targets: [1, -1, -1, 1], classes: nil)
    let model = LinearModel(loss: .hinge, training: set, featureCount: 1)
    let sums = model.evaluation(at: [1], examples: [0, 1, 2, 3])
    #expect(sums.correct == 3 && sums.lossSum == 3)
    #expect(model.evaluation(at: [.nan], examples: [0, 1, 2, 3]).correct == 0)
    #expect(model.evaluation(at: [.nan], examples: [0]).lossSum.isNaN)
  }

  @Test(arguments: LinearLoss.allCases)
  func `a step in place equals the gradient step`(loss: LinearLoss) {
    for intercept in [false, true] {
      let model = LinearExamples.model(.sparse, loss, intercept: intercept, as: Double.self)
      #expect(model.supportsInPlace)
      let start = normals(model.parameterCount, seed: 51)
      for example in 0..<LinearExamples.count {
        let gradient = model.gradient(at: start, examples: [Int32(example)])
        var stepped = start
        stepped.withUnsafeMutableBufferPointer { shared in
          guard let base = shared.baseAddress else { return }
          step(model, base, [Int32(example)], rate: 0.1)
        }
        #expect(relativeDifference(stepped, zip(start, gradient).map { $0 - 0.1 * $1 }) < 1e-14)
      }
    }
  }

  @Test(arguments: LinearLoss.allCases)
  func `preparing and applying in parts equals the gradient step`(loss: LinearLoss) {
    let model = LinearExamples.model(.sparse, loss, intercept: true, as: Double.self)
    let start = normals(model.parameterCount, seed: 52)
    let examples: [Int32] = [6, 0, 3]
    let gradient = model.gradient(at: start, examples: examples)
    let expected = zip(start, gradient).map { $0 - 0.2 * $1 }
    let workspace = model.makeWorkspace(batch: 3, range: 0..<model.parameterCount)
    for cut in 0...model.parameterCount {
      var applied = start
      applied.withUnsafeMutableBufferPointer { shared in
        examples.withUnsafeBufferPointer { examples in
          guard let base = shared.baseAddress else { return }
          model.prepareInPlace(at: base, examples: examples, workspace: workspace)
          model.applyInPlace(workspace, to: base, range: 0..<cut, rate: 0.2)
          model.applyInPlace(workspace, to: base, range: cut..<model.parameterCount, rate: 0.2)
        }
      }
      #expect(relativeDifference(applied, expected) < 1e-14)
    }
  }

  @Test func `a run of steps equals the steps one by one`() {
    let model = LinearExamples.model(.sparse, .logistic, intercept: true, as: Double.self)
    let start = normals(model.parameterCount, seed: 53)
    for count in [0, 1, 6, 7, 40] {
      let examples = (0..<count).map { (step: Int) -> Int32 in
        Int32((step * 5) % model.trainingCount)
      }
      var (single, run) = (start, start)
      single.withUnsafeMutableBufferPointer { single in
        run.withUnsafeMutableBufferPointer { run in
          guard let single = single.baseAddress, let run = run.baseAddress else { return }
          for example in examples { step(model, single, [example], rate: 0.05) }
          #expect(step(model, run, examples, rate: 0.05) == count)
        }
      }
      #expect(run == single)
    }
  }

  @Test func `dense rows and regularised models are not updated in place`() {
    #expect(!LinearExamples.model(.dense, .squared, as: Float.self).supportsInPlace)
    #expect(!LinearExamples.model(.sparse, .squared, l2: 0.1, as: Float.self).supportsInPlace)
  }

  @Test func `training starts at zero`() {
    let model = LinearExamples.model(.dense, .hinge, intercept: true, as: Float.self)
    #expect(model.initialParameters(seed: 9) == [Float](repeating: 0, count: 7))
  }
}
