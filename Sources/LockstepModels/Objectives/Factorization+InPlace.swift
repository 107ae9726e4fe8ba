import LockstepParameters

extension Factorization: InPlaceObjective {
  /// A rating touches one user's and one item's factors; a regulariser would touch all.
  public var supportsInPlace: Bool { l2 == 0 }

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

extension Factorization {
  @inline(never)
  fileprivate func racyPrepareInPlace(
    at shared: UnsafePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, workspace: Workspace
  ) {
    let share = 2 / Scalar(max(1, examples.count))
    for position in 0..<examples.count {
      let rating = ratings[Int(examples[position])]
      let (user, item) = places(of: rating)
      let p = workspace.factors + position * 2 * rank
      let q = p + rank
      Scalar.racyRead(shared + user, into: p, count: rank)
      Scalar.racyRead(shared + item, into: q, count: rank)
      let error = Scalar.racyDot(p, q, count: rank) - rating.value
      workspace.examples[position] = examples[position]
      workspace.coefficients[position] = share * error
    }
    workspace.preparedCount = examples.count
  }

  @inline(never)
  fileprivate func racyApplyInPlace(
    _ workspace: Workspace, to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar
  ) {
    for position in 0..<workspace.preparedCount {
      let (user, item) = places(of: ratings[Int(workspace.examples[position])])
      let p = workspace.factors + position * 2 * rank
      let q = p + rank
      let step = rate * workspace.coefficients[position]
      let userPart = (user..<(user + rank)).clamped(to: range)
      if !userPart.isEmpty {
        Scalar.racyGradientDescent(
          shared + userPart.lowerBound, gradient: q + (userPart.lowerBound - user), rate: step,
          count: userPart.count)
      }
      let itemPart = (item..<(item + rank)).clamped(to: range)
      if !itemPart.isEmpty {
        Scalar.racyGradientDescent(
          shared + itemPart.lowerBound, gradient: p + (itemPart.lowerBound - item), rate: step,
          count: itemPart.count)
      }
    }
  }

  @inline(never)
  fileprivate func applyMean(
    _ workspaces: [Workspace], to shared: UnsafeMutablePointer<Scalar>, range: Range<Int>,
    rate: Scalar, weight: Scalar,
    sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>)
  ) {
    InPlaceLoop.applyMean(of: workspaces, to: shared, rate: rate, weight: weight, sums: sums) {
      workspace, add in
      for position in 0..<workspace.preparedCount {
        let (user, item) = places(of: ratings[Int(workspace.examples[position])])
        let p = workspace.factors + position * 2 * rank
        let q = p + rank
        let coefficient = workspace.coefficients[position]
        for place in (user..<(user + rank)).clamped(to: range) {
          add(place, coefficient * q[place - user])
        }
        for place in (item..<(item + rank)).clamped(to: range) {
          add(place, coefficient * p[place - item])
        }
      }
    }
  }

  @inline(never)
  fileprivate func racyStepInPlace(
    _ shared: UnsafeMutablePointer<Scalar>, examples: UnsafeBufferPointer<Int32>, count: Int,
    rates: UnsafePointer<Scalar>, counter: StepCounter
  ) {
    InPlaceLoop.run(
      examples, count: count, counter: counter,
      fetchPlace: { Prefetch.read(ratings + $0) },
      fetch: { racyPrefetch(UnsafePointer(shared), example: $0) },
      step: { racyStep(shared, example: $0, rate: rates[$1]) })
  }

  @inline(__always)
  private func racyStep(_ shared: UnsafeMutablePointer<Scalar>, example: Int, rate: Scalar) {
    let rating = ratings[example]
    let (user, item) = places(of: rating)
    _ = Scalar.racyFactorStep(
      shared + user, shared + item, rank: rank, rating: rating.value, rate: rate, l2: (0, 0))
  }

  @inline(__always)
  private func racyPrefetch(_ shared: UnsafePointer<Scalar>, example: Int) {
    let (user, item) = places(of: ratings[example])
    // Longer rows than eight lines are left to the processor's own streams.
    let lines = min(8, (rank &* MemoryLayout<Scalar>.stride &+ 63) / 64)
    let first = UnsafeRawPointer(shared + user)
    let second = UnsafeRawPointer(shared + item)
    for line in 0..<lines {
      Prefetch.write(first + line &* 64)
      Prefetch.write(second + line &* 64)
    }
  }
}
