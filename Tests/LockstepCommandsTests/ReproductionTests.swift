import Foundation
import Testing

/// A fully connected network trained by plain minibatch gradient descent.
///
/// Written down as plainly as can be; no line of it is Lockstep's. `Documentation/reproduce.py` is
/// the same in NumPy.
private struct PlainNetwork {
  var widths: [Int]
  var usesTanh: Bool
  var l2: Double
  var parameters: [Double]

  /// `parameters[start ..< start + outputs·inputs]` weights, row-major; then the biases.
  private func layers() -> [(inputs: Int, outputs: Int, start: Int)] {
    var start = 0
    return zip(widths, widths.dropFirst()).map { inputs, outputs in
      defer { start += outputs * inputs + outputs }
      return (inputs, outputs, start)
    }
  }

  /// One step on the mean gradient of some examples.
  mutating func step(_ features: [[Double]], _ labels: [Int], _ batch: [Int], rate: Double) {
    var gradient = [Double](repeating: 0, count: parameters.count)
    let layers = layers()
    for example in batch {
      var activations = [features[example]]
      for (number, layer) in layers.enumerated() {
        var outputs: [Double] = []
        for row in 0..<layer.outputs {
          var sum = parameters[layer.start + layer.outputs * layer.inputs + row]
          for column in 0..<layer.inputs {
            sum +=
              parameters[layer.start + row * layer.inputs + column] * activations[number][column]
          }
          if number < layers.count - 1 { sum = usesTanh ? tanh(sum) : max(0, sum) }
          outputs.append(sum)
        }
        activations.append(outputs)
      }
      let scores = activations[layers.count]
      let largest = scores.max() ?? 0
      let total = scores.reduce(0) { $0 + exp($1 - largest) }
      var delta = scores.enumerated().map { index, score in
        exp(score - largest) / total - (index == labels[example] ? 1 : 0)
      }
      for (number, layer) in layers.enumerated().reversed() {
        var below = [Double](repeating: 0, count: layer.inputs)
        for row in 0..<layer.outputs {
          gradient[layer.start + layer.outputs * layer.inputs + row] +=
            delta[row] / Double(batch.count)
          for column in 0..<layer.inputs {
            let place = layer.start + row * layer.inputs + column
            gradient[place] += delta[row] * activations[number][column] / Double(batch.count)
            below[column] += delta[row] * parameters[place]
          }
        }
        for column in 0..<layer.inputs {
          let activation = activations[number][column]
          below[column] *= usesTanh ? 1 - activation * activation : activation > 0 ? 1 : 0
        }
        delta = below
      }
    }
    for index in parameters.indices {
      parameters[index] -= rate * (gradient[index] + l2 * parameters[index])
    }
  }
}

/// The tests' own numbers: the generator of Steele, Lea and Flood, 2014, called SplitMix64.
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite(.timeLimit(.minutes(15))) struct `A barrier run is plain gradient descent` {
  private static let rounds = 200
  private static let rate = 0.05

  @Test(arguments: [
    "blocks 1 tanh 0 blas", "blocks 3 tanh 0 portable", "blocks 4 relu 0.01 blas",
    "blocks 16 tanh 0.01 portable", "samples 1 relu 0 portable", "samples 3 relu 0.01 blas",
    "samples 4 tanh 0.01 blas",
  ])
  func `to one part in a billion after 200 rounds`(_ options: String) throws {
    let words = options.split(separator: " ")
    let kernels = words[4]
    let (decomposition, workers) = (String(words[0]), try #require(Int(words[1])))
    let (activation, l2) = (String(words[2]), try #require(Double(words[3])))
    var random = SplitMix(state: 42)
    let folder = try CommandFolder()

    let features = (0..<40).map { _ in
      (0..<5).map { _ in Double.random(in: -1...1, using: &random) }
    }
    let labels = (0..<40).map { $0 % 3 }
    let rows = zip(features, labels).map { features, label in
      (features.map { "\($0)" } + ["\(label)"]).joined(separator: ",") + "\n"
    }
    try folder.write("data.csv", rows.joined())
    let batches = (0..<Self.rounds).map { _ in
      (0..<12).map { _ in Int.random(in: 0..<40, using: &random) }
    }
    let lines = batches.map { $0.map(String.init).joined(separator: " ") + "\n" }
    try folder.write("batches.txt", lines.joined())
    let widths = [5, 7, 6, 3]
    let count = zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 + $1.1 }
    let start = (0..<count).map { _ in Double.random(in: -0.7...0.7, using: &random) }
    try folder.write("start.npy", CommandFolder.numPy(start))

    let updates = decomposition == "blocks" ? Self.rounds * workers : Self.rounds
    let result = try lockstep(
      typed: "run --model mlp:7x6,activation=\(activation),l2=\(l2) --data csv:data.csv "
        + "--precision double --kernels \(kernels) --decomposition \(decomposition) "
        + "--policy barrier --workers \(workers) --updates \(updates) "
        + "--learning-rate \(Self.rate) --batches batches.txt --init start.npy --save end.npy",
      in: folder.path)
    try #require(result.code == 0, "\(result.errors)")

    var network = PlainNetwork(
      widths: widths, usesTanh: activation == "tanh", l2: l2, parameters: start)
    for batch in batches { network.step(features, labels, batch, rate: Self.rate) }
    let end = try folder.doubles("end.npy")
    try #require(end.count == count)
    let difference = zip(end, network.parameters).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let norm = network.parameters.reduce(0) { $0 + $1 * $1 }
    #expect((difference / norm).squareRoot() < 1e-9)
    let moved = zip(end, start).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect((moved / norm).squareRoot() > 0.1, "a run that stands still proves nothing")
  }
}
