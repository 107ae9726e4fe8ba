import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

/// The engine against each recursion written out again in a few lines.
struct DelayRecursionTests {
  private static let laplacian = 12
  private static let rate = 0.4

  /// `(Hx)ᵢ` of the 1-D Laplacian.
  private func product(_ x: [Double], _ i: Int) -> Double {
    2 * x[i] - (i > 0 ? x[i - 1] : 0) - (i + 1 < x.count ? x[i + 1] : 0)
  }

  private func trial(rounds: Int) -> DelayTrial {
    var trial = DelayTrial()
    trial.decomposition = .blocks
    trial.workers = 4
    trial.rate = Self.rate
    trial.updates = 4 * rounds
    trial.initial = (0..<Self.laplacian).map { 1 + Double($0 * $0) / 7 }
    return trial
  }

  @Test(arguments: [1, 2, 5, 7])
  func `Shards exchanged every K clocks follow the recursion written out`(every: Int) throws {
    let trial = trial(rounds: 33)
    let outcome = try trial.run(
      DelayTrial.quadratic("laplacian=\(Self.laplacian)"), "exchange:\(every)")
    var x = try #require(trial.initial)
    var old = x
    for clock in 0..<33 {
      if clock % every == 0 { old = x }
      var next = x
      for worker in 0..<4 {
        let own = (3 * worker)..<(3 * worker + 3)
        var view = old
        for i in own { view[i] = x[i] }
        for i in own { next[i] = x[i] - Self.rate * product(view, i) }
      }
      x = next
    }
    #expect(outcome.parameters == x)
    #expect(outcome.staleness.max == Double(every - 1))
  }

  @Test func `Shards exchanged every clock, no delay, and one worker are Jacobi alike`() throws {
    let model = try DelayTrial.quadratic("laplacian=\(Self.laplacian)")
    let jacobi = try trial(rounds: 30).run(model, "constant:0").parameters
    #expect(try trial(rounds: 30).run(model, "exchange:1").parameters == jacobi)
    #expect(try trial(rounds: 30).run(model, "uniform:0..0").parameters == jacobi)
    #expect(try trial(rounds: 30).run(model, "geometric:0").parameters == jacobi)
    var single = trial(rounds: 30)
    single.workers = 1
    single.updates = 30
    #expect(try single.run(model, "constant:0").parameters == jacobi)
  }

  @Test(arguments: ["constant:3", "uniform:0..6"])
  func `Stale shards follow the recursion written out`(delay: String) throws {
    let trial = trial(rounds: 40)
    let outcome = try trial.run(DelayTrial.quadratic("laplacian=\(Self.laplacian)"), delay)
    var versions = [try #require(trial.initial)]
    for clock in 0..<40 {
      var next = versions[clock]
      for worker in 0..<4 {
        // One number for each foreign shard, ascending, of the worker's stream at this clock.
        var stream = RandomStream(seed: 7, purpose: .delay, worker: worker, clock: clock)
        var view = versions[clock]
        for shard in 0..<4 where shard != worker {
          let stale = delay == "constant:3" ? 3 : stream.integer(below: 7)
          for i in (3 * shard)..<(3 * shard + 3) { view[i] = versions[max(0, clock - stale)][i] }
        }
        for i in (3 * worker)..<(3 * worker + 3) { next[i] -= Self.rate * product(view, i) }
      }
      versions.append(next)
    }
    #expect(outcome.parameters == versions[40])
    #expect(outcome.staleness.histogram.reduce(0) { $0 + $1[1] } == 40 * 4 * 3)
  }

  @Test func `A last round that is cut short is applied by the first workers`() throws {
    var trial = trial(rounds: 10)
    trial.updates = 42
    let model = try DelayTrial.quadratic("laplacian=\(Self.laplacian)")
    let outcome = try trial.run(model, "constant:0")
    let before = try self.trial(rounds: 10).run(model, "constant:0").parameters
    let after = try self.trial(rounds: 11).run(model, "constant:0").parameters
    #expect(outcome.parameters == Array(after[..<6] + before[6...]))
    #expect(outcome.updates == 42)
    #expect(outcome.workers.map(\.updates) == [11, 11, 10, 10])
  }

  // Dai et al., 2019, section 3, with r = 0 throughout.
  @Test func `Messages without delay apply all of a round's updates to every cache`() throws {
    var trial = DelayTrial()
    trial.scope = .message
    trial.workers = 5
    trial.updates = 5 * 20
    trial.rate = 0.05
    trial.optimizer = "momentum:0.5"
    trial.initial = (0..<6).map { Double($0 + 1) }
    let outcome = try trial.run(DelayTrial.quadratic("laplacian=6"), "constant:0")
    var x = try #require(trial.initial)
    var velocity = x.map { _ in 0.0 }
    for _ in 0..<20 {
      // All workers see the same and have the same state: five equal updates.
      velocity = x.indices.map { 0.5 * velocity[$0] + product(x, $0) }
      for _ in 0..<5 { for i in x.indices { x[i] += 0 - 0.05 * velocity[i] } }
    }
    #expect(outcome.parameters == x)
    #expect(outcome.staleness.histogram == [[0, 5 * 5 * 20]])
  }

  @Test func `Messages reach every cache when they should, their author's included`() throws {
    var trial = DelayTrial()
    trial.scope = .message
    trial.workers = 3
    trial.updates = 3 * 25
    trial.rate = 0.1
    trial.initial = [1, -2, 3, 0.5]
    let outcome = try trial.run(DelayTrial.quadratic("laplacian=4"), "uniform:0..4")
    let start = try #require(trial.initial)
    var caches = Array(repeating: start, count: 3)
    var mail: [(round: Int, receiver: Int, step: [Double])] = []
    for clock in 0..<25 {
      for author in 0..<3 {
        let step = start.indices.map { 0 - 0.1 * product(caches[author], $0) }
        var stream = RandomStream(seed: 7, purpose: .delay, worker: author, clock: clock)
        for receiver in 0..<3 {
          mail.append((clock + 1 + stream.integer(below: 5), receiver, step))
        }
      }
      for letter in mail where letter.round == clock + 1 {
        for i in start.indices { caches[letter.receiver][i] += letter.step[i] }
      }
    }
    #expect(outcome.parameters == caches[0])
    #expect(outcome.updates == 75)
  }

  @Test(arguments: [OptimizerSpecification.sgd, "momentum:0.9", "adam", "adagrad", "adamw:0.1"])
  func `A single worker without delay is plain training in every way of counting`(
    optimizer: OptimizerSpecification
  ) throws {
    let model = DelayTrial.logistic()
    var trial = DelayTrial()
    trial.optimizer = optimizer
    trial.lossEvery = 30
    let samples = try trial.run(model, "constant:0")
    trial.scope = .message
    let messages = try trial.run(model, "constant:0")
    trial.scope = .read
    trial.decomposition = .blocks
    let blocks = try trial.run(model, "constant:0")
    #expect(samples.parameters == blocks.parameters)
    for (one, other) in zip(samples.parameters, messages.parameters) {
      #expect((one - other).magnitude < 1e-12)
    }
    #expect(samples.loss == blocks.loss)
    #expect(samples.loss.curve.map(\.update) == [0, 30, 60, 90, 100])
    #expect(samples.loss.curve.allSatisfy { $0.time == 0 }, "no time passes")
    #expect(samples.samples == 800 && blocks.samples == 800 && messages.samples == 800)
  }

  @Test(arguments: [Decomposition.samples, .blocks])
  func `A large model keeps the versions that its own delays will ask for`(
    decomposition: Decomposition
  ) throws {
    var trial = DelayTrial()
    trial.decomposition = decomposition
    trial.updates = 30 * (decomposition == .blocks ? 2 : 1)
    trial.workers = 2
    // 31 versions of 300,000 parameters are too many to keep without looking.
    let model = try DelayTrial.quadratic("dimension=300000")
    let outcome = try trial.run(model, "geometric:1")
    var x = [1.0]
    for update in 0..<30 {
      var stream = RandomStream(seed: 7, purpose: .delay, worker: update % 2, clock: update / 2)
      let delay = try DelayLaw(.geometric(mean: 1)).draw(from: &stream)
      // In blocks the curvature doesn't couple the shards, so their delays leave no trace.
      let seen = decomposition == .blocks ? update : max(0, update - delay)
      x.append(x[update] - 0.1 * x[seen])
    }
    #expect(outcome.parameters.first == x[30] && outcome.parameters.last == x[30])
    #expect((outcome.staleness.max ?? 0) >= 2)
  }

  @Test func `The loss is taken after the first round that reaches a multiple`() throws {
    var trial = trial(rounds: 10)
    trial.lossEvery = 6
    let curve = try trial.run(
      DelayTrial.quadratic("laplacian=\(Self.laplacian)"), "uniform:0..2"
    ).loss.curve
    #expect(curve.map(\.update) == [0, 8, 12, 20, 24, 32, 36, 40])
  }

  @Test func `A history that is no longer than the delays drawn changes nothing`() throws {
    var trial = DelayTrial()
    trial.workers = 4
    let short = try trial.run(DelayTrial.quadratic("dimension=1"), "geometric:3")
    // All versions of this many parameters would be more than is kept without looking.
    let count = DelayMemory.easyBytes / MemoryLayout<Double>.stride / trial.updates
    let long = try trial.run(DelayTrial.quadratic("dimension=\(count)"), "geometric:3")
    #expect(long.parameters.allSatisfy { $0 == short.parameters[0] })
    #expect(long.staleness == short.staleness)
  }

  @Test func `A run stops at its target, when it diverges and when it is asked to`() throws {
    var trial = DelayTrial()
    trial.lossEvery = 10
    trial.updates = 100_000
    trial.target = 0.01
    trial.replicas = 3
    let model = try DelayTrial.quadratic("dimension=1")
    let reached = try trial.run(model, "constant:1")
    #expect(reached.status == .targetReached && reached.updates < 100)
    #expect(reached.ensemble.replicas == 3)
    trial.rate = 3
    let diverged = try trial.run(model, "constant:1")
    #expect(diverged.status == .diverged && diverged.updates < 100_000)
    trial.rate = 0.1
    trial.target = nil
    let engine = try DelayEngine(
      model: model, configuration: trial.configuration, delay: .constant(1), scope: .read)
    let stopped = try engine.run(isStopped: { true })
    #expect(stopped.status == .interrupted && stopped.updates < 100_000)
  }

  @Test func `The same seed gives the same bits with data, another seed others`() throws {
    let model = DelayTrial.logistic()
    for (decomposition, scope) in [
      (Decomposition.samples, DelayScope.read), (.samples, .message), (.blocks, .read),
    ] {
      var trial = DelayTrial()
      trial.decomposition = decomposition
      trial.scope = scope
      trial.workers = 4
      trial.optimizer = "momentum:0.5"
      let one = try trial.run(model, "geometric:2")
      trial.hostThreads = 1
      #expect(try trial.run(model, "geometric:2").parameters == one.parameters)
      trial.seed = 9
      #expect(try trial.run(model, "geometric:2").parameters != one.parameters)
      #expect(one.status == .completed && (one.loss.final ?? 9) < (one.loss.initial ?? 0))
    }
  }
}
