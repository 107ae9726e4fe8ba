import Glibc
import LockstepCore
import LockstepParameters

/// Data sets made up from a seed, with a known teacher.
///
/// Example `i` depends on the seed and on `i` alone, so a longer set begins with a shorter one. All
/// numbers are drawn and all labels computed in double precision, whatever the scalar.
///
/// * Features: standard normal deviates. With a density `d` below 1, each of the `n` features is
///   there with probability `d` (at least one is) and has standard deviation `1/√(d·n)`, so that
///   rows have about unit norm.
/// * Classification: the class with the largest score `x·w_c`, standard normal weights; for two
///   classes the sign of one score, with targets ±1.
/// * Regression: `x·w`, divided by `√n` where the features are dense, which makes the variance
///   about 1; plus noise.
/// * Ratings: `3.5 + p_u·q_i` plus noise, with factors of standard deviation `rank^(−1/4)`: about
///   unit standard deviation.
///
/// **Determinism:** bit-exact in the specification and the seed.
struct SyntheticData {
  private let specification: SyntheticSpecification
  private let name: String
  private let seed: UInt64
  // The labels by class; empty where there are no classes.
  private let classLabels: [Double]

  /// What a random stream of the purpose `syntheticData` is for, as its worker number.
  private enum Part {
    static let examples = 0
    static let weights = 1
    static let users = 2
    static let items = 3
  }

  /// Prepares to make data.
  init(_ specification: SyntheticSpecification, name: String, seed: UInt64) {
    self.specification = specification
    self.name = name
    self.seed = seed
    classLabels =
      specification.classes == 2 ? [-1, 1] : (0..<specification.classes).map(Double.init)
  }

  /// Makes examples.
  ///
  /// - Parameters:
  ///   - first: the number of the first one.
  ///   - count: how many.
  ///   - type: the scalar of the features.
  /// - Throws: ``DataError/unsuitable(reason:)`` where they would not fit into memory.
  func make<Scalar: SharedScalar>(
    first: Int = 0, count: Int, as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    try checkSize(count: count, scalarSize: MemoryLayout<Scalar>.size)
    switch specification.task {
    case .classification, .regression:
      return specification.density < 1
        ? makeSparse(first: first, count: count, as: type)
        : makeDense(first: first, count: count, as: type)
    case .ratings: return makeRatings(first: first, count: count)
    }
  }

  // MARK: Linear teachers

  private var isClassification: Bool { specification.task == .classification }

  /// How many scores the teacher has.
  private var scoreCount: Int {
    isClassification && specification.classes > 2 ? specification.classes : 1
  }

  /// `[features × scoreCount]` standard normal weights.
  private func makeWeights() -> [Double] {
    var weights: [Double] = []
    weights.reserveCapacity(specification.features * scoreCount)
    for feature in 0..<specification.features {
      var stream = stream(Part.weights, feature)
      for _ in 0..<scoreCount { weights.append(stream.normal()) }
    }
    return weights
  }

  private func makeDense<Scalar: SharedScalar>(
    first: Int, count: Int, as type: Scalar.Type
  ) -> ExampleTable<Scalar> {
    let weights = makeWeights()
    let features = specification.features
    var values: [Scalar] = []
    values.reserveCapacity(count * features)
    var labels: [Double] = []
    labels.reserveCapacity(count)
    var scores = [Double](repeating: 0, count: scoreCount)
    let scale = 1 / Double(features).squareRoot()
    for example in first..<first + count {
      var stream = stream(Part.examples, example)
      reset(&scores)
      for feature in 0..<features {
        let value = stream.normal()
        values.append(Scalar(value))
        add(value, feature, weights, to: &scores)
      }
      labels.append(label(scores, scale: scale, &stream))
    }
    return table(.dense(values), labels)
  }

  private func makeSparse<Scalar: SharedScalar>(
    first: Int, count: Int, as type: Scalar.Type
  ) -> ExampleTable<Scalar> {
    let weights = makeWeights()
    var offsets = [0]
    var columns: [Int32] = []
    var values: [Scalar] = []
    var labels: [Double] = []
    var scores = [Double](repeating: 0, count: scoreCount)
    let density = specification.density
    let scale = 1 / max(1, density * Double(specification.features)).squareRoot()
    let logarithm = PortableMath.log(1 - density)
    for example in first..<first + count {
      var stream = stream(Part.examples, example)
      reset(&scores)
      // The gaps between independent entries are geometric, so only the entries are drawn.
      var column = -1
      while true {
        let gap = PortableMath.log(stream.openUniform()) / logarithm
        guard gap < Double(specification.features - 1 - column) else { break }
        column += 1 + Int(gap)
        append(column)
      }
      if column < 0 { append(stream.integer(below: specification.features)) }
      offsets.append(values.count)
      labels.append(label(scores, scale: 1, &stream))

      func append(_ column: Int) {
        let value = stream.normal() * scale
        columns.append(Int32(column))
        values.append(Scalar(value))
        add(value, column, weights, to: &scores)
      }
    }
    return table(.sparse(offsets: offsets, columns: columns, values: values), labels)
  }

  private func reset(_ scores: inout [Double]) {
    for index in scores.indices { scores[index] = 0 }
  }

  private func add(
    _ value: Double, _ feature: Int, _ weights: [Double], to scores: inout [Double]
  ) {
    let row = feature * scores.count
    for index in scores.indices { scores[index] += value * weights[row + index] }
  }

  private func label(
    _ scores: [Double], scale: Double, _ stream: inout RandomStream
  ) -> Double {
    guard isClassification else {
      return scores[0] * scale + specification.noise * stream.normal()
    }
    var number = 0
    if scores.count == 1 {
      number = scores[0] > 0 ? 1 : 0
    } else {
      for index in scores.indices where scores[index] > scores[number] { number = index }
    }
    if stream.uniform() < specification.noise {
      number = stream.integer(below: specification.classes)
    }
    return classLabels[number]
  }

  private func table<Scalar: SharedScalar>(
    _ features: ExampleTable<Scalar>.Features, _ labels: [Double]
  ) -> ExampleTable<Scalar> {
    ExampleTable(
      name: name, features: features, featureCount: specification.features, labels: labels,
      labelRule: isClassification ? .declared(classLabels) : .numbers)
  }

  // MARK: Ratings

  private func makeRatings<Scalar: SharedScalar>(
    first: Int, count: Int
  ) -> ExampleTable<Scalar> {
    let rank = specification.rank
    let userFactors = makeFactors(Part.users, specification.users)
    let itemFactors = makeFactors(Part.items, specification.items)
    var users: [Int32] = []
    var items: [Int32] = []
    var ratings: [Double] = []
    for example in first..<first + count {
      var stream = stream(Part.examples, example)
      let user = stream.integer(below: specification.users)
      let item = stream.integer(below: specification.items)
      var rating = 3.5
      for index in 0..<rank {
        rating += userFactors[user * rank + index] * itemFactors[item * rank + index]
      }
      users.append(Int32(user))
      items.append(Int32(item))
      ratings.append(rating + specification.noise * stream.normal())
    }
    return ExampleTable(
      name: name, features: .ratings(users: users, items: items), featureCount: 0,
      labels: ratings, labelRule: .numbers, userCount: specification.users,
      itemCount: specification.items)
  }

  private func makeFactors(_ part: Int, _ count: Int) -> [Double] {
    let scale = 1 / Double(specification.rank).squareRoot().squareRoot()
    var factors: [Double] = []
    factors.reserveCapacity(count * specification.rank)
    for index in 0..<count {
      var stream = stream(part, index)
      for _ in 0..<specification.rank { factors.append(stream.normal() * scale) }
    }
    return factors
  }

  // MARK: Both

  private func stream(_ part: Int, _ number: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: .syntheticData, worker: part, clock: number)
  }

  /// Refuses what would take more than half of the machine's memory.
  private func checkSize(count: Int, scalarSize: Int) throws(DataError) {
    let rows = Double(count)
    let features = Double(specification.features)
    var bytes: Double
    switch specification.task {
    case .classification, .regression:
      bytes = features * Double(scoreCount) * 8 + rows * 16
      bytes +=
        specification.density < 1
        ? rows * max(1, features * specification.density) * Double(scalarSize + 4)
        : rows * features * Double(scalarSize)
    case .ratings:
      bytes = Double(specification.users + specification.items) * Double(specification.rank) * 8
      bytes += rows * 24
    }
    guard bytes <= Double(MemoryAllowance.totalBytes) / 2 else {
      throw .unsuitable(
        reason: "\(name) needs about \(Int((bytes / 1e9).rounded(.up))) GB, more than half of "
          + "this machine's memory")
    }
    guard MemoryAllowance.allows(bytes) else {
      throw .unsuitable(
        reason: "\(name) needs about \(Int((bytes / 1e6).rounded(.up))) MB, more than ulimit "
          + "leaves; allow more (ulimit -v)")
    }
  }
}
