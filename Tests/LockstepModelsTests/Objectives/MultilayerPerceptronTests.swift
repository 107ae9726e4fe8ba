import LockstepCore
import Testing

@testable import LockstepModels

/// A network written down as in a textbook: one example at a time, no ranges, no chunks.
struct TextbookNetwork {
  var widths: [Int]
  var activation: Activation
  var l2 = 0.0

  func lossAndGradient(
    at w: [Double], inputs: [[Double]], labels: [Int]
  ) -> (loss: Double, correct: Int, gradient: [Double]) {
    var gradient = w.map { l2 * $0 }
    var (loss, correct) = (0.0, 0)
    for (x, label) in zip(inputs, labels) {
      var activations = [x]
      var starts: [Int] = []
      var start = 0
      for layer in 0..<(widths.count - 1) {
        starts.append(start)
        let (m, n) = (widths[layer], widths[layer + 1])
        let z = (0..<n).map { o in
          w[start + m * n + o]
            + (0..<m).reduce(0) { $0 + w[start + o * m + $1] * activations[layer][$1] }
        }
        let isLast = layer == widths.count - 2
        activations.append(
          isLast
            ? z
            : activation == .relu ? z.map { max(0, $0) } : z.map { PortableMath.tanh($0) })
        start += m * n + n
      }
      let z = activations[widths.count - 1]
      let largest = z.max() ?? 0
      let exponentials = z.map { PortableMath.exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      loss += PortableMath.log(sum) + largest - z[label]
      if z[label] == largest { correct += 1 }
      var delta = exponentials.enumerated().map { $1 / sum - ($0 == label ? 1 : 0) }
      for layer in (0..<(widths.count - 1)).reversed() {
        let (m, n) = (widths[layer], widths[layer + 1])
        var below = [Double](repeating: 0, count: m)
        for o in 0..<n {
          for i in 0..<m {
            gradient[starts[layer] + o * m + i] +=
              delta[o] * activations[layer][i] / Double(inputs.count)
            below[i] += delta[o] * w[starts[layer] + o * m + i]
          }
          gradient[starts[layer] + m * n + o] += delta[o] / Double(inputs.count)
        }
        let a = activations[layer]
        delta = zip(below, a).map {
          activation == .relu ? ($1 > 0 ? $0 : 0) : $0 * (1 - $1 * $1)
        }
      }
    }
    return (loss, correct, gradient)
  }
}

@Suite struct MultilayerPerceptronTests {
  static let featureCount = 5
  static let classCount = 3
  static let count = 7
  static let features = normals(count * featureCount, seed: 61)
  static let classes: [Int32] = [0, 2, 1, 1, 0, 2, 2]

  static func examples<Scalar: ModelScalar>(_ type: Scalar.Type) -> ExampleSet<Scalar> {
    ExampleSet(
      dense: features.map { Scalar($0) }, featureCount: featureCount,
      targets: classes.map { (label: Int32) -> Scalar in Scalar(label) }, classes: classes)
  }

  static func network<Scalar: ModelScalar>(
    _ hidden: [Int], _ activation: Activation, l2: Double = 0, kernels: KernelChoice = .blas,
    as type: Scalar.Type
  ) throws -> MultilayerPerceptron<Scalar> {
    let set = examples(type)
    return try MultilayerPerceptron(
      hiddenWidths: hidden, activation: activation, training: set, heldOut: set,
      featureCount: featureCount, classCount: classCount, l2: l2, kernels: kernels)
  }

  /// A point at which no unit is near the kink of `max(0, x)`.
  static func point(_ count: Int) -> [Double] { normals(count, seed: 63, scale: 0.7) }

  static let shapes: [[Int]] = [[], [4], [3, 2], [1, 4]]

  @Test(arguments: shapes, Activation.allCases)
  func `the gradient is the derivative of the loss, over every range`(
    hidden: [Int], activation: Activation
  ) throws {
    for (kernels, l2) in [(KernelChoice.blas, 0.0), (.portable, 0.3)] {
      let network = try Self.network(hidden, activation, l2: l2, kernels: kernels, as: Double.self)
      let point = Self.point(network.parameterCount)
      checkGradient(of: network, at: point, examples: [0, 5, 2])
      let float = try Self.network(hidden, activation, l2: l2, kernels: kernels, as: Float.self)
      #expect(
        relativeDifference(
          float.gradient(at: single(point), examples: [0, 5, 2]),
          network.gradient(at: point, examples: [0, 5, 2])) < 1e-4)
    }
  }

  @Test(arguments: shapes, Activation.allCases)
  func `loss, accuracy and gradient agree with a textbook implementation`(
    hidden: [Int], activation: Activation
  ) throws {
    let textbook = TextbookNetwork(
      widths: [Self.featureCount] + hidden + [Self.classCount], activation: activation, l2: 0.1)
    let ids: [Int32] = [6, 1, 1, 4]
    let inputs = ids.map { id in
      Array(Self.features[(Int(id) * Self.featureCount)..<((Int(id) + 1) * Self.featureCount)])
    }
    for kernels in KernelChoice.allCases {
      let network = try Self.network(hidden, activation, l2: 0.1, kernels: kernels, as: Double.self)
      let point = Self.point(network.parameterCount)
      let expected = textbook.lossAndGradient(
        at: point, inputs: inputs, labels: ids.map { Int(Self.classes[Int($0)]) })
      #expect(
        relativeDifference(network.gradient(at: point, examples: ids), expected.gradient) < 1e-13)
      for set in [EvaluationSet.training, .heldOut] {
        let sums = network.evaluation(at: point, examples: ids, on: set)
        #expect(abs(sums.lossSum - expected.loss) < 1e-12)
        #expect(sums.correct == expected.correct && sums.count == 4)
      }
    }
  }

  @Test func `a batch larger than a chunk is worked on in parts`() throws {
    let network = try Self.network([4], .relu, as: Double.self)
    let point = Self.point(network.parameterCount)
    let once = network.gradient(at: point, examples: allExamples(7))
    let often = (0..<100).flatMap { _ in allExamples(7) }
    #expect(relativeDifference(network.gradient(at: point, examples: often), once) < 1e-13)
    #expect(network.evaluation(at: point, examples: often).count == 700)
  }

  @Test func `bytes and sparse rows are the same as dense ones`() throws {
    let dense = ExampleSet<Double>(
      dense: [0, 0.2, 1, 0.4, 0, 0], featureCount: 3, targets: [0, 1], classes: [0, 1])
    let bytes = ExampleSet<Double>(
      bytes: [0, 51, 255, 102, 0, 0], scale: 255, featureCount: 3, classes: [0, 1])
    let sparse = ExampleSet<Double>(
      offsets: [0, 2, 3], columns: [1, 2, 0], values: [0.2, 1, 0.4], featureCount: 3,
      targets: [0, 1], classes: [0, 1])
    // A model may have more features than the set that it is trained on.
    for width in [3, 4] {
      let networks = try [dense, bytes, sparse].map {
        try MultilayerPerceptron(
          hiddenWidths: [2], training: $0, featureCount: width, classCount: 2)
      }
      let point = normals(networks[0].parameterCount, seed: 64)
      let expected = networks[0].gradient(at: point, examples: [0, 1])
      for network in networks {
        #expect(network.gradient(at: point, examples: [0, 1]) == expected)
      }
    }
  }

  @Test func `portable kernels give the same bits everywhere`() throws {
    func checksum(_ words: some Sequence<UInt64>) -> UInt64 {
      words.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ $1) &* 0x100_0000_01B3 }
    }
    let double = try Self.network([6, 4], .tanh, l2: 0.01, kernels: .portable, as: Double.self)
    let float = try Self.network([6, 4], .relu, l2: 0.01, kernels: .portable, as: Float.self)
    let doubles = double.gradient(
      at: double.initialParameters(seed: 1), examples: allExamples(7))
    let floats = float.gradient(at: float.initialParameters(seed: 1), examples: allExamples(7))
    #expect(checksum(doubles.map(\.bitPattern)) == 8_834_362_008_293_632_554)
    #expect(checksum(floats.map { UInt64($0.bitPattern) }) == 17_382_554_051_079_821_087)
  }

  @Test func `weights start with the variance of their layer, biases at zero`() throws {
    let set = ExampleSet<Double>(
      dense: [Double](repeating: 0, count: 200), featureCount: 200, targets: [0], classes: [0])
    for (activation, variance) in [(Activation.relu, 2.0 / 200), (.tanh, 2.0 / 300)] {
      let network = try MultilayerPerceptron(
        hiddenWidths: [100], activation: activation, training: set, featureCount: 200,
        classCount: 50)
      let start = network.initialParameters(seed: 2)
      let first = start[0..<20000].reduce(0) { $0 + $1 * $1 } / 20000
      let last = start[20100..<25100].reduce(0) { $0 + $1 * $1 } / 5000
      #expect(abs(first / variance - 1) < 0.05)
      #expect(abs(last * 100 - 1) < 0.1)
      #expect(start[20000..<20100].allSatisfy { $0 == 0 })
      #expect(start[25100...].allSatisfy { $0 == 0 } && start.count == 25150)
      #expect(start == network.initialParameters(seed: 2))
    }
  }

  @Test func `a diverged network is reported as such, not as a perfect one`() throws {
    let network = try Self.network([4], .relu, as: Double.self)
    let point = [Double](repeating: .nan, count: network.parameterCount)
    let sums = network.evaluation(at: point, examples: allExamples(7))
    #expect(sums.lossSum.isNaN && sums.correct == 0)
    #expect(network.gradient(at: point, examples: [0]).contains { $0.isNaN })
  }

  @Test func `descending the gradient fits the examples`() throws {
    let network = try Self.network([8], .relu, as: Double.self)
    var point = network.initialParameters(seed: 3)
    for _ in 0..<300 {
      let gradient = network.gradient(at: point, examples: allExamples(7))
      for index in point.indices { point[index] -= 0.3 * gradient[index] }
    }
    let sums = network.evaluation(at: point, examples: allExamples(7))
    #expect(sums.correct == 7 && sums.lossSum < 0.5)
  }

  @Test func `data without classes and a network too wide are refused`() throws {
    let set = ExampleSet<Double>(dense: [1], featureCount: 1, targets: [0.5], classes: nil)
    #expect(throws: DataError.self) {
      try MultilayerPerceptron(
        hiddenWidths: [2], training: set, featureCount: 1, classCount: 2)
    }
    let wide = [1_048_576, 1_048_576]
    #expect(throws: DataError.self) { try Self.network(wide, .relu, as: Float.self) }
  }
}
