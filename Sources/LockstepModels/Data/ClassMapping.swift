/// Which class each label is.
///
/// The classes are the different labels of the training set in ascending order, so that `-1` and
/// `+1` become 0 and 1; labels that only the held-out set has come after them.
///
/// **Determinism:** depends on the labels alone, not on their order.
struct ClassMapping {
  /// The labels in the order of their classes.
  private(set) var labels: [Double]

  private var classes: [Double: Int32]
  private let limit: Int

  /// Makes classes of whole-number labels.
  ///
  /// - Parameters:
  ///   - labels: the training set's labels.
  ///   - limit: the largest number of classes.
  /// - Returns: `nil` where a label is not a whole number, or there are too many.
  init?(_ labels: [Double], limit: Int) {
    self.init(declared: [], limit: limit)
    guard extend(with: labels) else { return nil }
  }

  /// Makes classes of known labels.
  ///
  /// - Parameter labels: the labels, all different.
  init(declared labels: [Double], limit: Int = 131_072) {
    self.labels = labels
    self.limit = limit
    classes = [:]
    for (index, label) in labels.enumerated() { classes[label] = Int32(index) }
  }

  /// Adds the labels that are not known yet.
  ///
  /// - Returns: whether all labels are classes now; where not, the mapping is of no use any more.
  mutating func extend(with more: [Double]) -> Bool {
    var added: [Double] = []
    for label in more where classes[label] == nil {
      guard Self.isWhole(label), labels.count + added.count < limit else { return false }
      classes[label] = -1
      added.append(label)
    }
    added.sort()
    for label in added {
      classes[label] = Int32(labels.count)
      labels.append(label)
    }
    return true
  }

  /// The classes of labels that are all known.
  func map(_ labels: [Double]) -> [Int32] {
    labels.map { label in
      guard let number = classes[label] else {
        preconditionFailure("every label was added to the mapping")
      }
      return number
    }
  }

  /// Whether a label is a whole number that a double holds exactly.
  static func isWhole(_ label: Double) -> Bool {
    label.magnitude <= 0x1p53 && label == label.rounded(.towardZero)
  }
}
