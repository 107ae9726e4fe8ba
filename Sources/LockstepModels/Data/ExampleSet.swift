import LockstepParameters

/// A fixed set of labelled examples, laid out for the hot loops.
///
/// The features are stored in one of three forms; a row is one example. All memory is allocated
/// once, filled while the set is made, and never written again.
///
/// **Concurrency:** immutable after its initialiser, so any thread may read it without a lock; that
/// is the invariant behind `@unchecked Sendable`.
public final class ExampleSet<Scalar: SharedScalar>: @unchecked Sendable {
  /// How the features are stored, with pointers that live as long as the set.
  public enum Features {
    /// `[count × featureCount]` bytes, row-major; the feature is `byte / scale`.
    case bytes(UnsafePointer<UInt8>, scale: Scalar)
    /// `[count × featureCount]` scalars, row-major.
    case dense(UnsafePointer<Scalar>)
    /// Compressed sparse rows: row `i` holds the entries `offsets[i] ..< offsets[i + 1]` of
    /// `columns` (from 0, strictly ascending within a row) and `values`.
    case sparse(
      offsets: UnsafePointer<Int>, columns: UnsafePointer<Int32>, values: UnsafePointer<Scalar>)
    /// Ratings: example `i` is user `users[i]`'s rating of item `items[i]`; both from 0.
    case ratings(users: UnsafePointer<Int32>, items: UnsafePointer<Int32>)
  }

  /// The number of examples.
  public let count: Int
  /// The number of features of an example; for ratings 0.
  public let featureCount: Int
  /// The features.
  public let features: Features
  /// Whether they are sparse rows.
  var isSparse: Bool { if case .sparse = features { true } else { false } }
  /// `[count]` numeric labels: the class as a number, `±1`, the regression target or the rating.
  public let targets: UnsafePointer<Scalar>
  /// `[count]` class labels from 0, or `nil` where the labels are not classes.
  public let classes: UnsafePointer<Int32>?

  private let allocations: [UnsafeMutableRawPointer]
  // The set whose memory the features point into, where it is not this one.
  private let owner: ExampleSet?

  /// Makes a set of byte features, such as images, whose targets are their classes.
  ///
  /// - Parameters:
  ///   - bytes: `[classes.count × featureCount]`, row-major.
  ///   - scale: what a byte is divided by.
  ///   - featureCount: the number of features of an example.
  ///   - classes: `[count]` labels from 0.
  public convenience init(bytes: [UInt8], scale: Scalar, featureCount: Int, classes: [Int32]) {
    self.init(
      bytes: bytes, scale: scale, featureCount: featureCount,
      targets: classes.map { (label: Int32) -> Scalar in Scalar(label) }, classes: classes)
  }

  /// Makes a set of byte features, such as images.
  ///
  /// - Parameters:
  ///   - bytes: `[targets.count × featureCount]`, row-major.
  ///   - scale: what a byte is divided by.
  ///   - featureCount: the number of features of an example.
  ///   - targets: `[count]` numeric labels.
  ///   - classes: `[count]` labels from 0, where the labels are classes.
  public init(
    bytes: [UInt8], scale: Scalar, featureCount: Int, targets: [Scalar], classes: [Int32]?
  ) {
    precondition(bytes.count == featureCount * targets.count, "one row of bytes per target")
    precondition(classes.map { $0.count == targets.count } ?? true, "one class per target")
    let storage = Self.allocate(bytes)
    let numbers = Self.allocate(targets)
    let labels = classes.map { Self.allocate($0) }
    count = targets.count
    self.featureCount = featureCount
    features = .bytes(UnsafePointer(storage), scale: scale)
    self.targets = UnsafePointer(numbers)
    self.classes = labels.map { UnsafePointer($0) }
    allocations = [.init(storage), .init(numbers)] + (labels.map { [.init($0)] } ?? [])
    owner = nil
  }

  /// Makes a set with the features of another one and labels of its own.
  ///
  /// - Parameters:
  ///   - other: the set whose features are shared, not copied.
  ///   - targets: `[count]` numeric labels.
  ///   - classes: `[count]` labels from 0, where the labels are classes.
  public init(featuresOf other: ExampleSet, targets: [Scalar], classes: [Int32]?) {
    precondition(targets.count == other.count, "one target per example")
    precondition(classes.map { $0.count == targets.count } ?? true, "one class per target")
    let numbers = Self.allocate(targets)
    let labels = classes.map { Self.allocate($0) }
    count = other.count
    featureCount = other.featureCount
    features = other.features
    self.targets = UnsafePointer(numbers)
    self.classes = labels.map { UnsafePointer($0) }
    allocations = [.init(numbers)] + (labels.map { [.init($0)] } ?? [])
    owner = other.owner ?? other
  }

  /// Makes a set of dense features.
  ///
  /// - Parameters:
  ///   - dense: `[targets.count × featureCount]`, row-major.
  ///   - targets: `[count]` numeric labels.
  ///   - classes: `[count]` labels from 0, where the labels are classes.
  public init(dense: [Scalar], featureCount: Int, targets: [Scalar], classes: [Int32]?) {
    precondition(dense.count == featureCount * targets.count, "one row of features per target")
    precondition(classes.map { $0.count == targets.count } ?? true, "one class per target")
    let storage = Self.allocate(dense)
    let numbers = Self.allocate(targets)
    let labels = classes.map { Self.allocate($0) }
    count = targets.count
    self.featureCount = featureCount
    features = .dense(UnsafePointer(storage))
    self.targets = UnsafePointer(numbers)
    self.classes = labels.map { UnsafePointer($0) }
    allocations = [.init(storage), .init(numbers)] + (labels.map { [.init($0)] } ?? [])
    owner = nil
  }

  /// Makes a set of compressed sparse rows.
  ///
  /// - Parameters:
  ///   - offsets: `[count + 1]`, ascending from 0.
  ///   - columns: `[offsets.last]`, in `0 ..< featureCount`, strictly ascending within a row.
  ///   - values: `[offsets.last]`.
  ///   - targets: `[count]` numeric labels.
  ///   - classes: `[count]` labels from 0, where the labels are classes.
  public init(
    offsets: [Int], columns: [Int32], values: [Scalar], featureCount: Int, targets: [Scalar],
    classes: [Int32]?
  ) {
    precondition(offsets.count == targets.count + 1, "one more offset than examples")
    precondition(columns.count == values.count && offsets.last == values.count, "entries match")
    let starts = Self.allocate(offsets)
    let indices = Self.allocate(columns)
    let entries = Self.allocate(values)
    let numbers = Self.allocate(targets)
    let labels = classes.map { Self.allocate($0) }
    count = targets.count
    self.featureCount = featureCount
    features = .sparse(
      offsets: UnsafePointer(starts), columns: UnsafePointer(indices),
      values: UnsafePointer(entries))
    self.targets = UnsafePointer(numbers)
    self.classes = labels.map { UnsafePointer($0) }
    allocations =
      [.init(starts), .init(indices), .init(entries), .init(numbers)]
      + (labels.map { [.init($0)] } ?? [])
    owner = nil
  }

  /// Makes a set of ratings.
  ///
  /// - Parameters:
  ///   - users: `[count]`, from 0.
  ///   - items: `[count]`, from 0.
  ///   - ratings: `[count]`.
  public init(users: [Int32], items: [Int32], ratings: [Scalar]) {
    precondition(users.count == items.count && users.count == ratings.count, "columns match")
    let first = Self.allocate(users)
    let second = Self.allocate(items)
    let numbers = Self.allocate(ratings)
    count = ratings.count
    featureCount = 0
    features = .ratings(users: UnsafePointer(first), items: UnsafePointer(second))
    targets = UnsafePointer(numbers)
    classes = nil
    allocations = [.init(first), .init(second), .init(numbers)]
    owner = nil
  }

  deinit {
    for allocation in allocations { allocation.deallocate() }
  }

  private static func allocate<Element: BitwiseCopyable>(
    _ elements: [Element]
  ) -> UnsafeMutablePointer<Element> {
    let raw = LargeMemory.allocate(byteCount: elements.count * MemoryLayout<Element>.stride)
    let pointer = raw.bindMemory(to: Element.self, capacity: max(1, elements.count))
    elements.withUnsafeBufferPointer { buffer in
      if let base = buffer.baseAddress {
        pointer.initialize(from: base, count: buffer.count)
      }
    }
    return pointer
  }
}
