import Lockstep

/// Data of known shape, made from a fixed seed: what is measured is speed, so the labels are noise.
enum SyntheticModels {
  /// The number of features of a sparse row.
  static let featureCount = 47_236
  /// The number of users.
  static let userCount = 20_000
  /// The number of items.
  static let itemCount = 5_000

  /// 8,192 images of 784 bytes in 10 classes.
  @Sendable static func images() -> ExampleSet<Float> {
    var stream = RandomStream(seed: 1, purpose: .syntheticData)
    let count = 8_192
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count * 784)
    for _ in 0..<(count * 784) {
      bytes.append(UInt8(truncatingIfNeeded: stream.nextWord()))
    }
    let classes = (0..<count).map { _ in Int32(stream.integer(below: 10)) }
    return ExampleSet(bytes: bytes, scale: 255, featureCount: 784, classes: classes)
  }

  /// 200,000 rows of 83 entries each, evenly spread over the features, with labels ±1.
  @Sendable static func sparseRows() -> ExampleSet<Float> {
    var stream = RandomStream(seed: 2, purpose: .syntheticData)
    let count = 200_000
    let entries = 83
    let width = featureCount / entries
    var offsets = [0]
    var columns: [Int32] = []
    var values: [Float] = []
    var targets: [Float] = []
    columns.reserveCapacity(count * entries)
    values.reserveCapacity(count * entries)
    for _ in 0..<count {
      for entry in 0..<entries {
        columns.append(Int32(entry * width + stream.integer(below: width)))
        values.append(Float(stream.uniform()) * 0.2)
      }
      offsets.append(columns.count)
      targets.append(stream.uniform() < 0.5 ? -1 : 1)
    }
    return ExampleSet(
      offsets: offsets, columns: columns, values: values, featureCount: featureCount,
      targets: targets, classes: nil)
  }

  /// 2,000,000 ratings of 5,000 items by 20,000 users.
  @Sendable static func ratings() -> ExampleSet<Float> {
    var stream = RandomStream(seed: 3, purpose: .syntheticData)
    let count = 2_000_000
    var users: [Int32] = []
    var items: [Int32] = []
    var ratings: [Float] = []
    users.reserveCapacity(count)
    items.reserveCapacity(count)
    ratings.reserveCapacity(count)
    for _ in 0..<count {
      users.append(Int32(stream.integer(below: userCount)))
      items.append(Int32(stream.integer(below: itemCount)))
      ratings.append(Float(1 + stream.integer(below: 5)))
    }
    return ExampleSet(users: users, items: items, ratings: ratings)
  }
}
