import LockstepParameters

extension LinearModel: InPlaceObjective {
  /// Sparse rows without a regulariser touch few parameters.
  public var supportsInPlace: Bool { rows != nil && l2 == 0 }

  /// Reads what a minibatch needs from the shared vector and keeps its gradient.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func prepareInPlace(
    at shared: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, workspace: Workspace
  ) {
    guard let rows else { preconditionFailure("only sparse rows are updated in place") }
    let share = 1 / Double(max(1, examples.count))
    var sum = 0.0
    for position in 0..<examples.count {
      let example = Int(examples[position])
      let margin = sparseMargin(at: shared, rows: rows, entries: rows.entries(of: example))
      let coefficient =
        loss.derivative(margin: Double(margin), target: Double(rows.targets[example])) * share
      workspace.examples[position] = examples[position]
      workspace.coefficients[position] = Scalar(coefficient)
      sum += coefficient
    }
    workspace.intercept.pointee = Scalar(sum)
    workspace.preparedCount = examples.count
  }

  /// Takes the prepared gradient's step on the touched coordinates in a range.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func applyInPlace(
    _ workspace: Workspace, to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar
  ) {
    guard let rows else { preconditionFailure("only sparse rows are updated in place") }
    let isWhole = range.lowerBound == 0 && range.upperBound >= featureCount
    for position in 0..<workspace.preparedCount {
      let coefficient = workspace.coefficients[position]
      if coefficient == 0 { continue }
      let example = Int(workspace.examples[position])
      let entries =
        isWhole ? rows.entries(of: example) : rows.entries(of: example, columnsIn: range)
      Scalar.racySparseAdd(
        shared, indices: rows.columns + entries.lowerBound,
        values: rows.values + entries.lowerBound,
        scale: -rate * coefficient, count: entries.count)
    }
    if hasIntercept && range.contains(featureCount) {
      Scalar.racyGradientDescent(
        shared + featureCount, gradient: workspace.intercept, rate: rate, count: 1)
    }
  }

  /// Prepares and applies one example to all its coordinates.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepInPlace(_ shared: UnsafeMutablePointer<Scalar>, example: Int, rate: Scalar) {
    guard let rows else { preconditionFailure("only sparse rows are updated in place") }
    let entries = rows.entries(of: example)
    let margin = sparseMargin(at: UnsafePointer(shared), rows: rows, entries: entries)
    let coefficient = Scalar(
      loss.derivative(margin: Double(margin), target: Double(rows.targets[example])))
    if coefficient == 0 { return }
    Scalar.racySparseAdd(
      shared, indices: rows.columns + entries.lowerBound, values: rows.values + entries.lowerBound,
      scale: -rate * coefficient, count: entries.upperBound &- entries.lowerBound)
    if hasIntercept {
      withUnsafePointer(to: coefficient) { derivative in
        Scalar.racyGradientDescent(
          shared + featureCount, gradient: derivative, rate: rate, count: 1)
      }
    }
  }

  /// Asks the processor to fetch an example that will be stepped soon.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func prefetch(_ shared: UnsafePointer<Scalar>, example: Int) {
    guard let rows else { return }
    let entries = rows.entries(of: example)
    let count = entries.upperBound &- entries.lowerBound
    // A row is read once from far away: its first lines, the processor's own streams do the rest.
    let lines = min(8, (count &* 4 &+ 63) / 64)
    let columns = UnsafeRawPointer(rows.columns + entries.lowerBound)
    for line in 0..<lines { Prefetch.read(columns + line &* 64) }
    let valueLines = min(8, (count &* MemoryLayout<Scalar>.stride &+ 63) / 64)
    let values = UnsafeRawPointer(rows.values + entries.lowerBound)
    for line in 0..<valueLines { Prefetch.read(values + line &* 64) }
  }
}
