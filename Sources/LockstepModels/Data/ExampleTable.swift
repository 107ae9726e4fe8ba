import LockstepCore
import LockstepParameters

/// Examples as a file holds them, before they are divided and their labels become classes.
struct ExampleTable<Scalar: SharedScalar> {
  /// How the features are stored; see ``ExampleSet/Features``.
  enum Features {
    case bytes([UInt8], scale: Scalar)
    case dense([Scalar])
    case sparse(offsets: [Int], columns: [Int32], values: [Scalar])
    case ratings(users: [Int32], items: [Int32])
  }

  /// When labels are classes.
  enum LabelRule: Equatable {
    /// Never.
    case numbers
    /// If they are whole numbers and at most so many different ones.
    case wholeNumbers(limit: Int)
    /// Always, and these are all of them, in the order of the classes.
    case declared([Double])
  }

  /// What the data is called.
  var name: String
  /// The features.
  var features: Features
  /// The number of features of an example.
  var featureCount: Int
  /// `[count]` labels as they are written.
  var labels: [Double]
  /// When the labels are classes.
  var labelRule: LabelRule
  /// The number of users, for ratings.
  var userCount = 0
  /// The number of items, for ratings.
  var itemCount = 0

  /// The number of examples.
  var count: Int { labels.count }

  /// Divides the examples.
  ///
  /// - Parameter boundary: the first example of the second part.
  func split(at boundary: Int) -> (ExampleTable, ExampleTable) {
    (part(0..<boundary), part(boundary..<count))
  }

  /// Divides the examples at random: any order of them, sorted by class or not, gives parts that are alike.
  ///
  /// Both parts keep the order of the table.
  ///
  /// - Parameters:
  ///   - count: the number of examples of the second part.
  ///   - seed: the seed of the choice.
  ///
  /// **Determinism:** bit-exact in the number of examples, `count` and the seed.
  func split(drawing count: Int, seed: UInt64) -> (ExampleTable, ExampleTable) {
    var random = RandomStream(seed: seed, purpose: .heldOut)
    var isDrawn = [Bool](repeating: false, count: self.count)
    // Floyd's method: each subset of that size is equally likely.
    for last in (self.count - count)..<self.count {
      let pick = random.integer(below: last + 1)
      isDrawn[isDrawn[pick] ? last : pick] = true
    }
    let rows = isDrawn.indices
    return (part(rows.filter { !isDrawn[$0] }), part(rows.filter { isDrawn[$0] }))
  }

  /// Some of the examples, in order.
  private func part(_ rows: [Int]) -> ExampleTable {
    var part = self
    part.labels = rows.map { labels[$0] }
    switch features {
    case .bytes(let bytes, let scale):
      part.features = .bytes(Self.rows(rows, of: bytes, width: featureCount), scale: scale)
    case .dense(let values):
      part.features = .dense(Self.rows(rows, of: values, width: featureCount))
    case .sparse(let offsets, let columns, let values):
      var starts = [0]
      starts.reserveCapacity(rows.count + 1)
      var (keptColumns, keptValues): ([Int32], [Scalar]) = ([], [])
      for row in rows {
        keptColumns += columns[offsets[row]..<offsets[row + 1]]
        keptValues += values[offsets[row]..<offsets[row + 1]]
        starts.append(keptValues.count)
      }
      part.features = .sparse(offsets: starts, columns: keptColumns, values: keptValues)
    case .ratings(let users, let items):
      part.features = .ratings(users: rows.map { users[$0] }, items: rows.map { items[$0] })
    }
    return part
  }

  private static func rows<Element>(
    _ rows: [Int], of elements: [Element], width: Int
  ) -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(rows.count * width)
    for row in rows { result += elements[row * width..<(row + 1) * width] }
    return result
  }

  private func part(_ range: Range<Int>) -> ExampleTable {
    var part = self
    part.labels = Array(labels[range])
    let dense = range.lowerBound * featureCount..<range.upperBound * featureCount
    switch features {
    case .bytes(let bytes, let scale):
      part.features = .bytes(Array(bytes[dense]), scale: scale)
    case .dense(let values):
      part.features = .dense(Array(values[dense]))
    case .sparse(let offsets, let columns, let values):
      let first = offsets[range.lowerBound]
      let entries = first..<offsets[range.upperBound]
      part.features = .sparse(
        offsets: offsets[range.lowerBound...range.upperBound].map { $0 - first },
        columns: Array(columns[entries]), values: Array(values[entries]))
    case .ratings(let users, let items):
      part.features = .ratings(users: Array(users[range]), items: Array(items[range]))
    }
    return part
  }

  /// Makes the set that models compute with.
  ///
  /// - Parameters:
  ///   - featureCount: the number of features, at least the table's own.
  ///   - classes: `[count]` class labels, where the labels are classes.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func makeSet(featureCount: Int, classes: [Int32]?) -> ExampleSet<Scalar> {
    let targets = labels.map { (label: Double) -> Scalar in Scalar(label) }
    switch features {
    case .bytes(let bytes, let scale):
      return ExampleSet(
        bytes: bytes, scale: scale, featureCount: featureCount, targets: targets,
        classes: classes)
    case .dense(let values):
      return ExampleSet(
        dense: values, featureCount: featureCount, targets: targets, classes: classes)
    case .sparse(let offsets, let columns, let values):
      return ExampleSet(
        offsets: offsets, columns: columns, values: values, featureCount: featureCount,
        targets: targets, classes: classes)
    case .ratings(let users, let items):
      return ExampleSet(users: users, items: items, ratings: targets)
    }
  }
}
