import LockstepParameters

/// With `e = p·q − r` and `e′ = v_p·q + p·v_q`, a rating adds `2(e′·q + e·v_q)` to the user's part
/// of the product and `2(e′·p + e·v_p)` to the item's.
extension Factorization: CurvatureObjective where Scalar == Double {
  /// A product of two parameters isn't linear in them.
  public var isQuadratic: Bool { false }

  /// Makes the buffers of one thread; there are none.
  public func makeCurvatureWorkspace(batch: Int) -> Workspace {
    Workspace(batch: 0, rank: rank)
  }

  /// Computes the gradient and a Hessian-vector product, regulariser included.
  public func computeCurvature(
    at view: UnsafePointer<Double>, along direction: UnsafePointer<Double>,
    on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    gradient: UnsafeMutablePointer<Double>?, product: UnsafeMutablePointer<Double>,
    workspace: Workspace
  ) {
    guard let source = set == .training ? ratings : heldOutRatings else {
      preconditionFailure("there are no held-out ratings")
    }
    gradient?.update(repeating: 0, count: parameterCount)
    product.update(repeating: 0, count: parameterCount)
    let share = 2 / Double(max(1, examples.count))
    for id in examples {
      let rating = source[Int(id)]
      let (user, item) = places(of: rating)
      var prediction = 0.0
      var change = 0.0
      for k in 0..<rank {
        prediction += view[user + k] * view[item + k]
        change += direction[user + k] * view[item + k] + view[user + k] * direction[item + k]
      }
      let error = share * (prediction - rating.value)
      change *= share
      for k in 0..<rank {
        if let gradient {
          gradient[user + k] += error * view[item + k]
          gradient[item + k] += error * view[user + k]
        }
        product[user + k] += change * view[item + k] + error * direction[item + k]
        product[item + k] += change * view[user + k] + error * direction[user + k]
      }
    }
    let all = 0..<parameterCount
    if let gradient {
      SquaredNorm.addGradient(of: view, range: all, l2: l2, to: gradient)
    }
    SquaredNorm.addGradient(of: direction, range: all, l2: l2, to: product)
  }

  /// Computes the loss of each of some ratings, without the regulariser.
  public func computeLosses(
    at view: UnsafePointer<Double>, on set: EvaluationSet, examples: UnsafeBufferPointer<Int32>,
    into losses: UnsafeMutablePointer<Double>, workspace: Workspace
  ) {
    guard let source = set == .training ? ratings : heldOutRatings else {
      preconditionFailure("there are no held-out ratings")
    }
    for (index, id) in examples.enumerated() {
      let rating = source[Int(id)]
      let (user, item) = places(of: rating)
      var error = -rating.value
      for k in 0..<rank { error += view[user + k] * view[item + k] }
      losses[index] = error * error
    }
  }
}
