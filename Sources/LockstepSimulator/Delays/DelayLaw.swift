import LockstepCore
import LockstepModels

/// A law of delays, ready to be drawn from.
///
/// Each draw takes one 64-bit number of its stream; `constant` and `exchange` take none. `uniform`
/// and `trace` scale it to a whole number; `geometric` inverts the distribution function,
/// `⌊log U / log q⌋` with `q = m/(1 + m)` for mean `m`, so that `P(τ = k) = (1 − q)·qᵏ`.
///
/// **Determinism:** bit-exact.
public struct DelayLaw: Sendable {
  private enum Kind {
    case constant
    case uniform
    case geometric
    case trace
  }

  /// No draw is larger than this.
  public let largest: Int
  /// The clocks between two exchanges, for the law that fixes them instead of a delay.
  public let exchange: Int?

  private let kind: Kind
  private let scale: Double
  private let delays: [Int]

  /// Makes a law ready.
  ///
  /// - Parameter specification: what it is.
  /// - Throws: ``DataError`` for a trace that cannot be used.
  public init(_ specification: DelaySpecification) throws(DataError) {
    var scale = 0.0
    var delays: [Int] = []
    var exchange: Int?
    var geometricMean: Double?
    let kind: Kind
    switch specification {
    case .constant(let delay):
      kind = .constant
      largest = delay
    case .uniform(let upper):
      kind = .uniform
      largest = upper
    case .geometric(let mean) where mean > 0:
      kind = .geometric
      geometricMean = mean
      scale = 1 / PortableMath.log(mean / (1 + mean))
      // What inverting the smallest number that a stream gives comes to.
      largest = min(DelaySpecification.longest, Int(PortableMath.log(0x1p-53) * scale) + 1)
    case .geometric:
      kind = .constant
      largest = 0
    case .trace(let path):
      kind = .trace
      delays = try DelayTrace(path: path).delays
      largest = delays.max() ?? 0
    case .exchange(let clocks):
      kind = .constant
      largest = clocks - 1
      exchange = clocks
    }
    // What can only be 0 needs no draw, and no old version.
    self.kind = largest == 0 ? .constant : kind
    self.scale = scale
    self.delays = delays
    self.exchange = exchange
    self.geometricMean = geometricMean
  }

  /// The mean of geometric delays; `nil` for any other law.
  let geometricMean: Double?

  /// The probability of each delay from 0 to ``largest``, of all but geometric laws.
  var probabilities: [Double]? {
    var shares = Array(repeating: 0.0, count: largest + 1)
    switch kind {
    case .constant: shares[largest] = 1
    case .uniform: shares = shares.map { _ in 1 / Double(largest + 1) }
    case .trace: for delay in delays { shares[delay] += 1 / Double(delays.count) }
    case .geometric: return nil
    }
    return shares
  }

  /// Whether every delay is ``largest``.
  public var isConstant: Bool { kind == .constant }

  /// Draws one delay.
  ///
  /// - Parameter stream: the stream of what the delay is for.
  /// - Returns: a delay in `0 …` ``largest``.
  @inline(__always)
  func draw(from stream: inout RandomStream) -> Int {
    switch kind {
    case .constant: largest
    case .uniform: stream.integer(below: largest &+ 1)
    case .geometric: min(largest, Int(PortableMath.log(stream.openUniform()) * scale))
    case .trace: delays[stream.integer(below: delays.count)]
    }
  }
}
