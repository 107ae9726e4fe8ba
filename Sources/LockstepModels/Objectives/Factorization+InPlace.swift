import LockstepParameters

extension Factorization: InPlaceObjective {
  /// A rating touches one user's and one item's factors; a regulariser would touch all.
  public var supportsInPlace: Bool { l2 == 0 }

  /// Reads what a minibatch needs from the shared vector and keeps its gradient.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func prepareInPlace(
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

  /// Takes the prepared gradient's step on the touched coordinates in a range.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func applyInPlace(
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

  /// Prepares and applies one rating to all its factors.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func stepInPlace(_ shared: UnsafeMutablePointer<Scalar>, example: Int, rate: Scalar) {
    let rating = ratings[example]
    let (user, item) = places(of: rating)
    _ = Scalar.racyFactorStep(
      shared + user, shared + item, rank: rank, rating: rating.value, rate: rate,
      l2: (0, 0))
  }

  /// Asks the processor to fetch the factors of a rating that will be stepped soon.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func prefetch(_ shared: UnsafePointer<Scalar>, example: Int) {
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
