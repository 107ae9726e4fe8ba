import LockstepCore
import LockstepModels
import LockstepTelemetry

/// A replica whose staleness is set directly: no time passes in it, and no policy is asked.
///
/// **Concurrency:** belongs to one thread at a time.
class DelayRun<Scalar: ModelScalar>: SimulatedRun<Scalar> {
  final let law: DelayLaw

  /// Makes the buffers.
  ///
  /// - Parameters:
  ///   - setup: what is run.
  ///   - copies: the number of copies of the optimiser's state.
  ///   - longest: no delay that is counted is larger than this.
  init(_ setup: DelaySetup<Scalar>, copies: Int = 1, longest: Int) {
    law = setup.law
    super.init(
      model: setup.model, configuration: setup.configuration, plan: setup.plan, copies: copies,
      largestStaleness: longest)
  }

  /// Makes whole rounds until at least so many updates are made.
  ///
  /// - Parameter target: at most the run's updates, which cut the last round short.
  func makeUpdates(to target: Int) { fatalError("a delay-driven run makes updates") }

  final override func advance() -> Bool {
    guard isGoingOn else { return false }
    makeUpdates(to: min(updates + burst, nextPause, total))
    if updates >= nextPause { pause() }
    return isGoingOn
  }

  // Where a round goes past a look, the next one is still a multiple of the distance.
  final override func nextLook(_ losses: LossCourse<Scalar>) -> Int {
    let looks = configuration.looks
    return losses.nextLook(after: updates - (looks.areDenseAtFirst ? 0 : updates % looks.every))
  }

  final override func record(of worker: Int) -> WorkerRecord {
    WorkerRecord(
      worker: worker, updates: budget.iterations(of: WorkerID(worker), within: updates),
      computeSeconds: 0, readSeconds: 0, applySeconds: 0, waitSeconds: 0, parks: 0)
  }

  /// The number of versions that this replica's reads can need: of the longest delay there can be where
  /// that takes little memory, or no drawing makes it smaller; otherwise of the longest that is drawn.
  ///
  /// - Parameters:
  ///   - steps: the number of versions that will be made.
  ///   - iterations: the number of iterations of all workers, which take turns.
  ///   - draws: how many delays each of them draws.
  ///   - version: the newest version there is at an iteration, which no delay goes back beyond.
  final func versionsKept(
    steps: Int, iterations: Int, draws: Int, version: (Int) -> Int
  ) -> Int {
    let most = DelayMemory.capacity(of: law, steps: steps)
    if law.isConstant || most * count * MemoryLayout<Scalar>.stride <= DelayMemory.easyBytes {
      return most
    }
    var longest = 1
    for iteration in 0..<iterations {
      let (clock, worker) = iteration.quotientAndRemainder(dividingBy: workers)
      var stream = RandomStream(seed: seed, purpose: .delay, worker: worker, clock: clock)
      for _ in 0..<draws {
        longest = max(longest, min(version(iteration), law.draw(from: &stream)))
      }
    }
    return longest + 1
  }
}

/// What a delay-driven run is made of.
struct DelaySetup<Scalar: ModelScalar>: Sendable {
  let model: any Objective<Scalar>
  let configuration: EngineConfiguration
  let law: DelayLaw
  let plan: EnsemblePlan

  /// The number of rounds in which every worker makes an update.
  var rounds: Int { (configuration.updates + configuration.workers - 1) / configuration.workers }
}
