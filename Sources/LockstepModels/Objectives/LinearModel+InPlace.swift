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
      let row = rows.headers[example]
      let margin = sparseMargin(
        at: shared, columns: rows.columns, values: rows.values, entries: row.entries)
      let coefficient =
        loss.derivative(margin: Double(margin), target: Double(row.target)) * share
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
      let row = rows.headers[example].entries
      let entries = isWhole ? row : rows.part(of: row, columnsIn: range)
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
    let row = rows.headers[example]
    let entries = row.entries
    let margin = sparseMargin(
      at: UnsafePointer(shared), columns: rows.columns, values: rows.values, entries: entries)
    let coefficient = Scalar(
      loss.derivative(margin: Double(margin), target: Double(row.target)))
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
    let start = rows.headers[example].start
    // A row is read once from far away. The first lines only, and always as many: a loop to the
    // row's end would wait for the header, mispredict, and waste more than it saves; the processor's
    // own streams fetch the rest.
    let columns = UnsafeRawPointer(rows.columns + start)
    let values = UnsafeRawPointer(rows.values + start)
    for line in 0..<6 {
      Prefetch.read(columns + line &* 64)
      Prefetch.read(values + line &* 64)
    }
  }
}
