import LockstepCore
import LockstepParameters

/// The factorisation of a matrix of ratings, most of which are unknown.
///
/// * Loss: the mean over ratings of `(r − p_u·q_i)²`, with the regulariser `½·λ‖w‖²` over all
///   factors.
/// * Gradient: the mean of `2(p_u·q_i − r)·q_i` for `p_u` and `2(p_u·q_i − r)·p_u` for `q_i`, plus
///   `λw`.
/// * Start: `√(m/k)·u` with `u` uniform in `[½, 3/2)` and `m` the mean rating where that is
///   positive, so that the products start around it; otherwise normal with deviation `0.1/√k`.
/// * Optimum: 0 where the ratings are the products of factors of this rank; not unique.
///
/// The parameters are the users' factors, `[users × rank]` row-major, then the items'. Without a
/// regulariser it can be updated in place.
///
/// **Concurrency:** immutable; the pointers point into `arena`, which is kept alive beside them and
/// not written after the initialiser: that is the invariant behind `@unchecked Sendable`.
///
/// **Determinism:** bit-exact.
///
/// **Reference:** Koren, Bell, Volinsky, *Matrix Factorization Techniques for Recommender Systems*,
/// 2009; Recht, Ré, Wright, Niu, *Hogwild!*, NIPS 2011, section 2 (matrix completion).
public final class Factorization<Scalar: ModelScalar>: Objective, @unchecked Sendable {
  /// The private buffers of one thread.
  public final class Workspace {
    /// `[batch]`: the prepared examples.
    let examples: UnsafeMutablePointer<Int32>
    /// `[batch]`: `2(p·q − r)/batch`.
    let coefficients: UnsafeMutablePointer<Scalar>
    /// `[batch × 2·rank]`: the factors that were read, the user's then the item's.
    let factors: UnsafeMutablePointer<Scalar>
    /// How many examples are prepared.
    var preparedCount = 0
    private let arena = Arena()

    init(batch: Int, rank: Int) {
      examples = arena.allocate(count: batch)
      coefficients = arena.allocate(count: batch)
      factors = arena.allocate(count: batch * 2 * rank)
    }
  }

  /// One rating.
  ///
  /// User, item and value lie side by side, so that a rating that is drawn at random
  /// costs one far access, not three.
  struct Rating {
    let user: Int32
    let item: Int32
    let value: Scalar
  }

  /// The number of parameters `n`.
  public let parameterCount: Int
  /// The number of training ratings.
  public let trainingCount: Int
  /// The number of held-out ratings, 0 for none.
  public let heldOutCount: Int
  /// Nothing is classified.
  public var isClassifier: Bool { false }
  /// The factors that are read for a rating.
  public var scalarsPerExample: Int { 2 * rank }

  /// The number of factors `k` of a user or an item.
  public let rank: Int
  let itemStart: Int
  /// `λ` of the regulariser.
  public let l2: Double
  /// `[trainingCount]`.
  let ratings: UnsafePointer<Rating>
  let heldOutRatings: UnsafePointer<Rating>?
  private let arena: Arena
  private let meanRating: Double

  /// Creates a factorisation.
  ///
  /// - Parameters:
  ///   - rank: the number of factors, at least 1.
  ///   - training: the ratings to train on.
  ///   - heldOut: the ratings held out, if any.
  ///   - userCount: the number of users; every user is below it.
  ///   - itemCount: the number of items; every item is below it.
  ///   - l2: `λ` of the regulariser, at least 0.
  /// - Throws: ``DataError/unsuitable(reason:)`` where the data isn't ratings.
  public init(
    rank: Int, training: ExampleSet<Scalar>, heldOut: ExampleSet<Scalar>? = nil, userCount: Int,
    itemCount: Int, l2: Double = 0
  ) throws {
    precondition(rank >= 1 && userCount >= 1 && itemCount >= 1, "there are factors")
    let arena = Arena()
    self.arena = arena
    ratings = try Self.pack(training, into: arena)
    heldOutRatings = try heldOut.map { try Self.pack($0, into: arena) }
    self.rank = rank
    self.l2 = l2
    itemStart = userCount * rank
    parameterCount = (userCount + itemCount) * rank
    trainingCount = training.count
    heldOutCount = heldOut?.count ?? 0
    var sum = 0.0
    for index in 0..<training.count { sum += Double(training.targets[index]) }
    meanRating = sum / Double(max(1, training.count))
  }

  private static func pack(
    _ set: ExampleSet<Scalar>, into arena: Arena
  ) throws -> UnsafePointer<Rating> {
    guard case .ratings(let users, let items) = set.features else {
      throw DataError.unsuitable(reason: "a factorization needs ratings")
    }
    let ratings = arena.allocate(Rating.self, count: set.count)
    for index in 0..<set.count {
      ratings[index] = Rating(user: users[index], item: items[index], value: set.targets[index])
    }
    return UnsafePointer(ratings)
  }

  /// Writes the parameters that training starts from.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func initialize(_ parameters: UnsafeMutablePointer<Scalar>, seed: UInt64) {
    var stream = RandomStream(seed: seed, purpose: .initialization)
    if meanRating > 0 {
      let centre = (meanRating / Double(rank)).squareRoot()
      for index in 0..<parameterCount {
        (parameters + index).initialize(to: Scalar(centre * (0.5 + stream.uniform())))
      }
    } else {
      let deviation = 0.1 / Double(rank).squareRoot()
      for index in 0..<parameterCount {
        (parameters + index).initialize(to: Scalar(deviation * stream.normal()))
      }
    }
  }

  /// Makes the buffers of one thread.
  public func makeWorkspace(batch: Int, range: Range<Int>) -> Workspace {
    Workspace(batch: supportsInPlace ? max(1, batch) : 0, rank: rank)
  }

  /// Computes partial derivatives of the mean loss over a minibatch, regulariser included.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func computeGradient(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>, workspace: Workspace
  ) {
    differentiate(
      at: view, minibatch: minibatch, range: range, into: gradient, workspace: workspace)
  }

  // Apart from its entry point, whose unspecialised form would otherwise make room for locals of a
  // type it doesn't know before it jumps to the specialised one.
  @inline(never)
  private func differentiate(
    at view: UnsafePointer<Scalar>, minibatch: Minibatch, range: Range<Int>,
    into gradient: UnsafeMutablePointer<Scalar>, workspace: Workspace
  ) {
    gradient.update(repeating: 0, count: range.count)
    let share = 2 / Scalar(max(1, minibatch.examples.count))
    for id in minibatch.examples {
      let (user, item) = places(of: ratings[Int(id)])
      let userPart = (user..<(user + rank)).clamped(to: range)
      let itemPart = (item..<(item + rank)).clamped(to: range)
      if userPart.isEmpty && itemPart.isEmpty { continue }
      let error = Scalar.racyDot(view + user, view + item, count: rank) - ratings[Int(id)].value
      let coefficient = share * error
      for place in userPart {
        gradient[place - range.lowerBound] += coefficient * view[item + (place - user)]
      }
      for place in itemPart {
        gradient[place - range.lowerBound] += coefficient * view[user + (place - item)]
      }
    }
    SquaredNorm.addGradient(of: view, range: range, l2: l2, to: gradient)
  }

  /// Makes the buffers of one thread for evaluations.
  public func makeEvaluationWorkspace(batch: Int) -> Factorization<Double>.Workspace {
    Factorization<Double>.Workspace(batch: 0, rank: rank)
  }

  /// Adds up the losses of some ratings, without the regulariser, in double precision.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func evaluate(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    workspace: Factorization<Double>.Workspace
  ) -> Evaluation {
    guard let source = set == .training ? ratings : heldOutRatings else {
      preconditionFailure("there are no held-out ratings")
    }
    var sum = 0.0
    for id in examples {
      let (user, item) = places(of: source[Int(id)])
      let product = Double.racyDot(view + user, view + item, count: rank)
      let error = product - Double(source[Int(id)].value)
      sum += error * error
    }
    return Evaluation(lossSum: sum, correct: 0, count: examples.count)
  }

  /// The regulariser `½·λ‖w‖²` at a view, 0 if there is none.
  public func regularization(at view: UnsafePointer<Double>) -> Double {
    SquaredNorm.regularization(of: view, count: parameterCount, l2: l2)
  }

  /// Where the factors of a rating's user and item start.
  @inline(__always)
  func places(of rating: Rating) -> (user: Int, item: Int) {
    (Int(rating.user) &* rank, itemStart &+ Int(rating.item) &* rank)
  }
}
