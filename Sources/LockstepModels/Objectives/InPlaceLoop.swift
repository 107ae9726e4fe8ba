import LockstepParameters

/// The loops that all objectives share that are updated in place; a model says where its examples lie.
enum InPlaceLoop {
  /// Steps examples one after another, fetching each in two stages ahead of its turn.
  ///
  /// - Parameters:
  ///   - examples: in the order of the steps; those beyond `count` are the next call's.
  ///   - count: the number of steps.
  ///   - counter: where each step is counted once it is made.
  ///   - fetchPlace: asks for the memory that says where an example lies.
  ///   - fetch: asks for the example itself, 6 steps later.
  ///   - step: takes the step of an example; its position is handed over, too.
  @inline(__always)
  static func run(
    _ examples: UnsafeBufferPointer<Int32>, count: Int, counter: StepCounter,
    fetchPlace: (Int) -> Void, fetch: (Int) -> Void, step: (Int, Int) -> Void
  ) {
    // What comes after this call's steps was not asked for yet, and what comes first was asked for by the
    // call before.
    let (far, near) = (12, 6)
    for position in 0..<count {
      if position + far < examples.count { fetchPlace(Int(examples[position + far])) }
      if position + near < examples.count { fetch(Int(examples[position + near])) }
      step(Int(examples[position]), position)
      counter.advance()
    }
  }

  /// Takes the step of the mean of prepared gradients on the coordinates that they touch.
  ///
  /// - Parameters:
  ///   - workspaces: the gradients.
  ///   - shared: `[n]`; nobody else reads or writes the touched coordinates meanwhile.
  ///   - rate: `η`.
  ///   - weight: what each gradient weighs in the mean.
  ///   - sums: two vectors `[n]` of zeros, which are zeros again afterwards.
  ///   - forEachPart: hands over each term of a gradient with its coordinate, some coordinates several times.
  @inline(__always)
  static func applyMean<Scalar: ModelScalar, Workspace>(
    of workspaces: [Workspace], to shared: UnsafeMutablePointer<Scalar>, rate: Scalar,
    weight: Scalar, sums: (UnsafeMutablePointer<Scalar>, UnsafeMutablePointer<Scalar>),
    forEachPart: (Workspace, (Int, Scalar) -> Void) -> Void
  ) {
    let (sum, mean) = sums
    let isMean = workspaces.count > 1
    for workspace in workspaces {
      forEachPart(workspace) { place, part in sum[place] += part }
      if isMean {
        forEachPart(workspace) { place, _ in
          mean[place] += weight * sum[place]
          sum[place] = 0
        }
      }
    }
    let gradient = isMean ? mean : sum
    for workspace in workspaces {
      forEachPart(workspace) { place, _ in
        // A place that comes again has a gradient of 0 by then.
        shared[place] -= rate * gradient[place]
        gradient[place] = 0
      }
    }
  }
}
