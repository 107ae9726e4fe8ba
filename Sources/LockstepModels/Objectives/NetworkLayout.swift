/// Where the parameters of a fully connected network lie in the flat vector.
///
/// Layer by layer; in a layer first the weights, `[outputs × inputs]` row-major, then the biases.
struct NetworkLayout: Sendable {
  /// One layer.
  struct Layer: Sendable {
    /// The number of inputs.
    let inputs: Int
    /// The number of outputs.
    let outputs: Int
    /// The first weight's place in the flat vector.
    let weightStart: Int
    /// The first bias's place.
    var biasStart: Int { weightStart + inputs * outputs }
    /// The place after the last bias.
    var end: Int { biasStart + outputs }

    /// A rectangle of the weight matrix.
    struct Block {
      var rows: Range<Int>
      var columns: Range<Int>
    }

    /// The weights in a range, as whole rows with, before and after them, a part of a row.
    ///
    /// - Parameter range: places in the flat vector.
    /// - Returns: three blocks, of which any may be empty.
    @inline(__always)
    func blocks(in range: Range<Int>) -> (head: Block, body: Block, tail: Block) {
      let part = range.clamped(to: weightStart..<biasStart)
      let low = part.lowerBound - weightStart
      let high = part.upperBound - weightStart
      let nothing = Block(rows: 0..<0, columns: 0..<0)
      if part.isEmpty { return (nothing, nothing, nothing) }
      let firstWhole = (low + inputs - 1) / inputs
      let endWhole = high / inputs
      if endWhole < firstWhole {
        // All within one row.
        let row = low / inputs
        let columns = (low - row * inputs)..<(high - row * inputs)
        return (Block(rows: row..<(row + 1), columns: columns), nothing, nothing)
      }
      let head = Block(
        rows: (low / inputs)..<firstWhole, columns: (low % inputs)..<inputs)
      let body = Block(rows: firstWhole..<endWhole, columns: 0..<inputs)
      let tail = Block(
        rows: endWhole..<((high + inputs - 1) / inputs), columns: 0..<(high % inputs))
      return (head, body, tail)
    }

    /// The outputs whose weights or biases are in a range: two ranges, of which any may be empty.
    @inline(__always)
    func outputs(touchedBy range: Range<Int>) -> (Range<Int>, Range<Int>) {
      let weights = range.clamped(to: weightStart..<biasStart)
      let biases = range.clamped(to: biasStart..<end)
      var first = 0..<0
      var second = 0..<0
      if !weights.isEmpty {
        let low = (weights.lowerBound - weightStart) / inputs
        let high = (weights.upperBound - weightStart - 1) / inputs + 1
        first = low..<high
      }
      if !biases.isEmpty {
        second = (biases.lowerBound - biasStart)..<(biases.upperBound - biasStart)
      }
      if first.overlaps(second) {
        let low = min(first.lowerBound, second.lowerBound)
        let high = max(first.upperBound, second.upperBound)
        return (low..<high, 0..<0)
      }
      return (first, second)
    }

    /// Whether any of its parameters is in a range.
    @inline(__always)
    func intersects(_ range: Range<Int>) -> Bool {
      range.lowerBound < end && weightStart < range.upperBound
    }
  }

  /// The layers, from the inputs on.
  let layers: [Layer]

  /// The number of parameters.
  var parameterCount: Int { layers.last?.end ?? 0 }

  /// Lays out a network.
  ///
  /// - Parameter widths: inputs, hidden widths, outputs; all at least 1.
  /// - Returns: `nil` where the parameters would be more than ``largestParameterCount``.
  init?(widths: [Int]) {
    var layers: [Layer] = []
    var start = 0
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      let (weights, overflow) = inputs.multipliedReportingOverflow(by: outputs)
      guard !overflow, weights <= Self.largestParameterCount - start - outputs else { return nil }
      let layer = Layer(inputs: inputs, outputs: outputs, weightStart: start)
      layers.append(layer)
      start = layer.end
    }
    self.layers = layers
  }

  /// More parameters than this are refused: 32 GiB in single precision.
  static let largestParameterCount = 1 << 33

  /// The lowest layer that has a parameter in a range; the last one where none has.
  @inline(__always)
  func lowestLayer(in range: Range<Int>) -> Int {
    for index in layers.indices where layers[index].intersects(range) { return index }
    return layers.count - 1
  }
}
