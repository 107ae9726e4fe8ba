import LockstepCore
import LockstepParameters

/// Loads data sets.
public enum DataLoader {
  /// The largest number of examples; they are numbered by 32-bit integers.
  static let maximalCount = Int(Int32.max)

  /// Loads a data set and divides it into training and held-out examples.
  ///
  /// Where nothing else is asked for, the digits hold out their last 360 examples, IDX folders their
  /// `t10k` files, a synthetic set a fifth as many examples more, and a single file nothing.
  ///
  /// - Parameters:
  ///   - specification: what to train on.
  ///   - heldOut: what to hold out.
  ///   - seed: the seed of synthetic data.
  ///   - type: the scalar of the features.
  /// - Returns: the data set; both parts have the same classes and, where they are not sparse, the
  ///   same number of features.
  /// - Throws: ``DataError`` for a file that cannot be read or is not what it should be, and where
  ///   the two parts don't go together or nothing is left to train on.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func load<Scalar: SharedScalar>(
    _ specification: DataSpecification, heldOut: HeldOut, seed: UInt64, as type: Scalar.Type
  ) throws(DataError) -> Dataset<Scalar> {
    switch heldOut {
    case .automatic:
      let (training, rest) = try automatic(specification, seed: seed, as: type)
      return try assemble(training, heldOut: rest)
    case .fraction(let fraction, let splitSeed):
      precondition(fraction >= 0 && fraction < 1, "the held-out fraction is in [0, 1)")
      let all = try table(specification, seed: seed, as: type)
      guard fraction > 0 else { return try assemble(all, heldOut: nil) }
      let count = max(1, Int((Double(all.count) * fraction).rounded()))
      guard count < all.count else {
        throw .unsuitable(
          reason: "\(all.name) has \(NumberText.counted(all.count, "example")): holding out a "
            + "fraction of "
            + "\(fraction) leaves none to train on")
      }
      let (training, rest) = all.split(drawing: count, seed: splitSeed)
      return try assemble(training, heldOut: rest)
    case .data(let other):
      let training = try table(specification, seed: seed, as: type)
      // Synthetic examples are numbered; those to judge by go on where those to train on end.
      var first = 0
      if case .synthetic = specification.source { first = training.count }
      let rest = try table(other, seed: seed, first: first, as: type)
      return try assemble(training, heldOut: rest)
    }
  }

  private static func automatic<Scalar: SharedScalar>(
    _ specification: DataSpecification, seed: UInt64, as type: Scalar.Type
  ) throws(DataError) -> (ExampleTable<Scalar>, ExampleTable<Scalar>?) {
    switch specification.source {
    case .digits:
      let all = try Digits.load(as: type)
      return all.split(at: all.count - Digits.heldOutCount)
    case .fashionMNIST(let directory):
      return try IDXFolder.fashionMNIST(directory).load(as: type)
    case .idx(let directory):
      return try IDXFolder(directory).load(as: type)
    case .synthetic(let synthetic):
      let more = max(1, synthetic.examples / 5)
      let all = try SyntheticData(synthetic, name: specification.specification, seed: seed)
        .make(count: synthetic.examples + more, as: type)
      return all.split(at: synthetic.examples)
    case .libsvm, .csv, .ratings:
      return (try table(specification, seed: seed, as: type), nil)
    }
  }

  private static func table<Scalar: SharedScalar>(
    _ specification: DataSpecification, seed: UInt64, first: Int = 0, as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    switch specification.source {
    case .digits: try Digits.load(as: type)
    case .fashionMNIST(let directory):
      try IDXFolder.fashionMNIST(directory).loadTraining(as: type)
    case .idx(let directory): try IDXFolder(directory).loadTraining(as: type)
    case .libsvm(let file): try LIBSVMFile.read(ByteStream(path: file), as: type)
    case .csv(let file): try CSVFile.read(ByteStream(path: file), as: type)
    case .ratings(let file): try RatingsFile.read(ByteStream(path: file), as: type)
    case .synthetic(let synthetic):
      try SyntheticData(synthetic, name: specification.specification, seed: seed)
        .make(first: first, count: synthetic.examples, as: type)
    }
  }

  /// Puts the parts of a data set together.
  static func assemble<Scalar: SharedScalar>(
    _ training: ExampleTable<Scalar>, heldOut: ExampleTable<Scalar>?
  ) throws(DataError) -> Dataset<Scalar> {
    for part in [training, heldOut].compactMap(\.self) where part.count > maximalCount {
      throw .unsuitable(
        reason: "\(part.name) has \(part.count) examples, more than \(maximalCount)")
    }
    let featureCount = try commonFeatureCount(training, heldOut)
    let mapping = classMapping(training, heldOut)
    var dataset = Dataset(
      name: training.name,
      training: training.makeSet(
        featureCount: featureCount, classes: mapping?.map(training.labels)),
      heldOut: heldOut.map { part in
        part.makeSet(featureCount: featureCount, classes: mapping?.map(part.labels))
      },
      featureCount: featureCount, classCount: mapping?.labels.count,
      classLabels: mapping?.labels,
      userCount: max(training.userCount, heldOut?.userCount ?? 0),
      itemCount: max(training.itemCount, heldOut?.itemCount ?? 0))
    dataset.heldOutName = heldOut?.name
    return dataset
  }

  private static func commonFeatureCount<Scalar: SharedScalar>(
    _ training: ExampleTable<Scalar>, _ heldOut: ExampleTable<Scalar>?
  ) throws(DataError) -> Int {
    guard let heldOut else { return training.featureCount }
    switch (training.features, heldOut.features) {
    case (.ratings, .ratings): return 0
    case (.ratings, _):
      throw .unsuitable(
        reason: "\(training.name) has ratings, \(heldOut.name), which is held out, has not")
    case (_, .ratings):
      throw .unsuitable(
        reason: "\(heldOut.name), which is held out, has ratings, \(training.name) has not")
    case (.sparse, .sparse): return max(training.featureCount, heldOut.featureCount)
    default:
      guard training.featureCount == heldOut.featureCount else {
        throw .unsuitable(
          reason: "\(training.name) has \(NumberText.counted(training.featureCount, "feature")) an "
            + "example, but \(heldOut.name), which is held out, has \(heldOut.featureCount)")
      }
      return training.featureCount
    }
  }

  private static func classMapping<Scalar: SharedScalar>(
    _ training: ExampleTable<Scalar>, _ heldOut: ExampleTable<Scalar>?
  ) -> ClassMapping? {
    var mapping: ClassMapping
    switch training.labelRule {
    case .numbers: return nil
    case .declared(let labels): mapping = ClassMapping(declared: labels)
    case .wholeNumbers(let limit):
      guard let found = ClassMapping(training.labels, limit: limit) else { return nil }
      mapping = found
    }
    if let heldOut, !mapping.extend(with: heldOut.labels) { return nil }
    return mapping
  }
}
