import LockstepParameters

extension LinearModel: InPlaceObjective {
  /// Sparse rows without a regulariser touch few parameters.
  public var supportsInPlace: Bool { rows != nil && l2 == 0 }

  // Each entry point does nothing but pass on: in its unspecialised form, which is what a caller
  // reaches through the protocol, it asks for the scalar's type and jumps to the form made for it.
  // With the body in it, it would first make room for locals of a type it doesn't know, at the
  // price of several steps.

  /// Reads what a minibatch needs from the shared vector and keeps its gradient.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func prepareInPlace(
    at shared: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, workspace: Workspace
  ) {
    racyPrepareInPlace(at: shared, examples: examples, workspace: workspace)
  }

  /// Takes the prepared gradient's step on the touched coordinates in a range.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func applyInPlace(
    _ workspace: Workspace, to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar
  ) {
    racyApplyInPlace(workspace, to: shared, range: range, rate: rate)
  }

  /// Takes the mean of prepared gradients' step on the touched coordinates in a range.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func applyMeanInPlace(
    _ workspaces: [Workspace], to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar, weight: Scalar,
    sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  ) {
    applyMean(workspaces, to: shared, range: range, rate: rate, weight: weight, sums: sums)
  }

  /// Steps examples one after another, fetching each ahead of its turn.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepInPlace(
    _ shared: UnsafeMutablePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, count: Int,
    rates: UnsafePointer<Scalar>, counter: StepCounter
  ) {
    racyStepInPlace(shared, examples: examples, count: count, rates: rates, counter: counter)
  }
}

extension LinearModel {
  @inline(never)
  fileprivate func racyPrepareInPlace(
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

  @inline(never)
  fileprivate func racyApplyInPlace(
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
      Scalar.racySparseDescent(
        shared, indices: rows.columns + entries.lowerBound,
        values: rows.values + entries.lowerBound,
        scale: coefficient, rate: rate, count: entries.count)
    }
    if hasIntercept && range.contains(featureCount) {
      Scalar.racyGradientDescent(
        shared + featureCount, gradient: workspace.intercept, rate: rate, count: 1)
    }
  }

  @inline(never)
  fileprivate func applyMean(
    _ workspaces: [Workspace], to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar, weight: Scalar,
    sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  ) {
    guard let rows else { preconditionFailure("only sparse rows are updated in place") }
    InPlaceLoop.applyMean(of: workspaces, to: shared, rate: rate, weight: weight, sums: sums) {
      workspace, add in
      for position in 0..<workspace.preparedCount {
        let coefficient = workspace.coefficients[position]
        if coefficient == 0 { continue }
        let row = rows.headers[Int(workspace.examples[position])]
        for entry in rows.part(of: row.entries, columnsIn: range) {
          add(Int(rows.columns[entry]), coefficient * rows.values[entry])
        }
      }
    }
    if hasIntercept && range.contains(featureCount) {
      var derivative = workspaces[0].intercept.pointee
      if workspaces.count > 1 {
        derivative *= weight
        for workspace in workspaces.dropFirst() {
          derivative += weight * workspace.intercept.pointee
        }
      }
      shared[featureCount] -= rate * derivative
    }
  }

  @inline(never)
  fileprivate func racyStepInPlace(
    _ shared: UnsafeMutablePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, count: Int,
    rates: UnsafePointer<Scalar>, counter: StepCounter
  ) {
    guard let rows else { preconditionFailure("only sparse rows are updated in place") }
    InPlaceLoop.run(
      examples, count: count, counter: counter,
      fetchPlace: { Prefetch.read(rows.headers + $0) },
      fetch: { racyPrefetch(UnsafePointer(shared), example: $0) },
      step: { racyStep(shared, example: $0, rate: rates[$1]) })
  }

  @inline(__always)
  private func racyStep(_ shared: UnsafeMutablePointer<Scalar>, example: Int, rate: Scalar) {
    guard let rows else { preconditionFailure("only sparse rows are updated in place") }
    let row = rows.headers[example]
    let entries = row.entries
    let margin = sparseMargin(
      at: UnsafePointer(shared), columns: rows.columns, values: rows.values, entries: entries)
    let coefficient = Scalar(
      loss.derivative(margin: Double(margin), target: Double(row.target)))
    if coefficient == 0 { return }
    Scalar.racySparseDescent(
      shared, indices: rows.columns + entries.lowerBound, values: rows.values + entries.lowerBound,
      scale: coefficient, rate: rate, count: entries.upperBound &- entries.lowerBound)
    if hasIntercept {
      withUnsafePointer(to: coefficient) { derivative in
        Scalar.racyGradientDescent(
          shared + featureCount, gradient: derivative, rate: rate, count: 1)
      }
    }
  }

  @inline(__always)
  private func racyPrefetch(_ shared: UnsafePointer<Scalar>, example: Int) {
    guard let rows else { return }
    let start = rows.headers[example].start
    // A row is read once from far away. The first lines only, and always as many: a loop to the
    // row's end would wait for the header, mispredict, and waste more than it saves; the
    // processor's own streams fetch the rest.
    let columns = UnsafeRawPointer(rows.columns + start)
    let values = UnsafeRawPointer(rows.values + start)
    for line in 0..<6 {
      Prefetch.read(columns + line &* 64)
      Prefetch.read(values + line &* 64)
    }
  }
}
