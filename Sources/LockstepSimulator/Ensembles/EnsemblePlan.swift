import LockstepModels

/// What an ensemble looks at: the moments whose mean is recorded, and those that averages are
/// taken over.
struct EnsemblePlan: Equatable, Sendable {
  /// The largest number of recorded points, unless every update is.
  static let largestPointCount = 1000
  /// The number of parts of time that mean squares are added up over, one after the other.
  static let batchCount = 20
  /// The number of stretches of each part, whose means show how long a single replica is correlated.
  static let stretchCount = 32

  /// The update counts at which the first coordinate is recorded, ascending, 0 and the last among
  /// them.
  let points: [Int]
  /// The number of updates.
  let updates: Int
  /// The number of updates that are applied together.
  let round: Int
  /// The number of updates left out of averages over time.
  let warmup: Int
  /// Whether the mean square is wanted; it takes a pass over all parameters at each update.
  let collectsSquares: Bool

  /// Plans an ensemble.
  ///
  /// - Parameters:
  ///   - updates: the number of updates of each replica.
  ///   - round: the number of updates that are applied together; points lie between rounds.
  ///   - warmup: the number of updates left out of averages over time.
  ///   - collectsSquares: whether the mean square is wanted.
  init(updates: Int, round: Int, warmup: Int, collectsSquares: Bool) {
    let rounds = (updates + round - 1) / round
    if rounds <= Self.largestPointCount {
      points = (0...rounds).map { min(updates, $0 * round) }
    } else {
      let last = Self.largestPointCount - 1
      points = (0...last).map {
        let whole = rounds.multipliedFullWidth(by: $0)
        return min(updates, last.dividingFullWidth(whole).quotient * round)
      }
    }
    self.updates = updates
    self.round = round
    self.warmup = warmup
    self.collectsSquares = collectsSquares
  }

  /// The update count at which a stretch of time ends.
  ///
  /// - Parameter stretch: from 0; every ``stretchCount``-th ends a part.
  func stretchEnd(_ stretch: Int) -> Int {
    let next = stretch + 1
    guard next < Self.batchCount * Self.stretchCount else { return .max }
    let length = max(0, updates - warmup) / Self.batchCount
    let (batch, part) = next.quotientAndRemainder(dividingBy: Self.stretchCount)
    return warmup + length * batch + length * part / Self.stretchCount
  }
}

extension EnsemblePlan {
  /// Plans the ensemble of a configuration.
  init(of configuration: EngineConfiguration, _ model: some Objective, round: Int) {
    self.init(
      updates: configuration.updates, round: round, warmup: configuration.warmup,
      collectsSquares: model.trainingCount == 0 || configuration.replicas > 1
        || configuration.warmup > 0)
  }
}
