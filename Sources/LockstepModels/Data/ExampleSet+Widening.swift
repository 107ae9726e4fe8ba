import LockstepParameters

/// The same data in double precision: the stored numbers one by one; only the scaling of bytes is
/// rounded to double precision instead of single.
extension ExampleSet where Scalar == Double {
  /// Widens a set.
  ///
  /// - Complexity: O(its size); everything is copied.
  public convenience init(widening other: ExampleSet<Float>) {
    func array<Element>(_ pointer: UnsafePointer<Element>, _ count: Int) -> [Element] {
      Array(UnsafeBufferPointer(start: pointer, count: count))
    }
    func widened(_ pointer: UnsafePointer<Float>, _ count: Int) -> [Double] {
      UnsafeBufferPointer(start: pointer, count: count).map { Double($0) }
    }
    let targets = widened(other.targets, other.count)
    let classes = other.classes.map { array($0, other.count) }
    let entries = other.count * other.featureCount
    switch other.features {
    case .bytes(let bytes, let scale):
      self.init(
        bytes: array(bytes, entries), scale: Double(scale), featureCount: other.featureCount,
        targets: targets, classes: classes)
    case .dense(let values):
      self.init(
        dense: widened(values, entries), featureCount: other.featureCount, targets: targets,
        classes: classes)
    case .sparse(let offsets, let columns, let values):
      let stored = offsets[other.count]
      self.init(
        offsets: array(offsets, other.count + 1), columns: array(columns, stored),
        values: widened(values, stored), featureCount: other.featureCount, targets: targets,
        classes: classes)
    case .ratings(let users, let items):
      self.init(
        users: array(users, other.count), items: array(items, other.count), ratings: targets)
    }
  }
}

extension Dataset where Scalar == Double {
  /// Widens a data set, held-out examples included.
  public init(widening other: Dataset<Float>) {
    self.init(
      name: other.name, training: ExampleSet(widening: other.training),
      heldOut: other.heldOut.map { ExampleSet(widening: $0) }, featureCount: other.featureCount,
      classCount: other.classCount, classLabels: other.classLabels, userCount: other.userCount,
      itemCount: other.itemCount)
    heldOutName = other.heldOutName
  }
}
