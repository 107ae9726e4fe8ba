import LockstepParameters

extension Dataset {
  /// The largest number of classes that a classifier is made for.
  public static var classLimit: Int { 100_000 }

  /// The same data with targets ±1, for models that tell two classes apart.
  ///
  /// - Parameter positiveClass: the label, as it was written, that becomes +1 while all others
  ///   become −1; or `nil` where the labels are −1 and +1, or 0 and 1, and say it themselves.
  /// - Returns: the data with the same features, not copied; class 1 is +1.
  /// - Throws: ``DataError/unsuitable(reason:)`` for other labels, and for a label that no training
  ///   example has.
  public func binaryTargets(positiveClass: Int?) throws(DataError) -> Dataset {
    let isPositive: (ExampleSet<Scalar>, Int) -> Bool
    if let positiveClass {
      let positive = try classNumber(of: positiveClass)
      isPositive = { set, example in set.classes?[example] == positive }
    } else {
      try requireTwoLabels()
      isPositive = { set, example in set.targets[example] > 0 }
    }
    var copy = self
    copy.training = Self.relabel(training, isPositive)
    copy.heldOut = heldOut.map { Self.relabel($0, isPositive) }
    copy.classCount = 2
    copy.classLabels = [-1, 1]
    return copy
  }

  /// Checks that the labels are classes, and not too many.
  ///
  /// - Parameter model: the model's name, which begins the sentence.
  /// - Returns: the number of classes.
  /// - Throws: ``DataError/unsuitable(reason:)`` with a label that is no class, or with the number
  ///   of classes.
  @discardableResult
  public func requireClasses(for model: String) throws(DataError) -> Int {
    guard let classCount, training.classes != nil else {
      if userCount > 0 {
        throw .unsuitable(reason: "\(model) needs class labels; \(name) has ratings")
      }
      for (set, name) in sets {
        for example in 0..<set.count where !ClassMapping.isWhole(Double(set.targets[example])) {
          throw .unsuitable(
            reason: "\(model) needs class labels; \(name) has the label "
              + Self.text(set.targets[example]))
        }
      }
      throw .unsuitable(
        reason: "\(model) needs class labels; \(name) has too many different ones, or they are "
          + "quantities")
    }
    guard classCount <= Self.classLimit else {
      throw .unsuitable(
        reason: "\(name) has \(classCount) classes; \(model) takes at most \(Self.classLimit)")
    }
    return classCount
  }

  private func classNumber(of label: Int) throws(DataError) -> Int32 {
    guard let classLabels else {
      throw .unsuitable(reason: "positive=\(label) needs class labels, which \(name) has not")
    }
    let number = classLabels.firstIndex(of: Double(label)).map { Int32($0) }
    guard let number, (0..<training.count).contains(where: { training.classes?[$0] == number })
    else {
      let shown = classLabels.prefix(10).map { Self.text($0) }.joined(separator: ", ")
      let more = classLabels.count > 10 ? ", …" : ""
      throw .unsuitable(
        reason: "positive=\(label): no training example of \(name) has that label; there are "
          + "\(shown)\(more)")
    }
    return number
  }

  private func requireTwoLabels() throws(DataError) {
    var hasZero = false
    var hasMinusOne = false
    for (set, name) in sets {
      for example in 0..<set.count {
        let label = set.targets[example]
        if label == 1 { continue }
        if label == 0 { hasZero = true }
        if label == -1 { hasMinusOne = true }
        if (label != 0 && label != -1) || (hasZero && hasMinusOne) {
          throw .unsuitable(
            reason: "two classes are needed, labelled -1 and +1 or 0 and 1, but \(name) has the "
              + "label \(Self.text(label))" + suggestion)
        }
      }
    }
  }

  private var suggestion: String {
    classCount == nil ? "" : "; positive=K tells label K from all others"
  }

  private static func relabel(
    _ set: ExampleSet<Scalar>, _ isPositive: (ExampleSet<Scalar>, Int) -> Bool
  ) -> ExampleSet<Scalar> {
    let classes = (0..<set.count).map { (example) -> Int32 in isPositive(set, example) ? 1 : 0 }
    return ExampleSet(
      featuresOf: set, targets: classes.map { (label) -> Scalar in label == 1 ? 1 : -1 },
      classes: classes)
  }

  /// The examples to train on and those held out, each with what an error is to call them.
  private var sets: [(set: ExampleSet<Scalar>, name: String)] {
    guard let heldOut else { return [(training, name)] }
    let other = heldOutName.flatMap { $0 == name ? nil : "\($0), which is held out," }
    return [(training, name), (heldOut, other ?? name)]
  }

  /// A label as it was written: without the `.0` that a whole number needs not, and with no more digits than its
  /// type holds.
  private static func text(_ label: some SharedScalar) -> String {
    let value = Double(label)
    return ClassMapping.isWhole(value) ? String(Int(value)) : "\(label)"
  }
}
