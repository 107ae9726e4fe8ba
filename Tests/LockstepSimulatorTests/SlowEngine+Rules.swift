import LockstepCore
import LockstepModels
import LockstepTelemetry
import Testing

@testable import LockstepSimulator

/// What befalls workers, the rules and rates of the optimisers, and the laws of durations.
extension SlowEngine {
  func strike(_ fault: FaultSpecification) {
    let p = fault.worker
    guard !workers[p].isDead, workers[p].hasWork else { return }
    let time = Self.ticks(fault.time)
    if case .restart = fault.kind {
      // What waits or is being applied loses nothing, and no time passes.
      if case .apply? = workers[p].act { return }
      guard workers[p].isBusy else { return }
    }
    // Nor does it where a worker waits.
    if workers[p].act != nil { now = time }
    switch fault.kind {
    case .stall(let duration):
      let ticks = Self.ticks(duration)
      if workers[p].isBusy {
        (workers[p].due, workers[p].late) = (workers[p].due + ticks, workers[p].late + ticks)
      } else {
        workers[p].blockedUntil = max(workers[p].blockedUntil, time) + ticks
      }
    case .crash:
      if case .apply(let done)? = workers[p].act, !isJoint { underWay[target(p, done)].remove(p) }
      (workers[p].isDead, workers[p].act) = (true, nil)
      inLine.removeAll { $0 == p }
      turnedAway.removeAll { $0 == p }
      if workers[p].isCounted { (started, workers[p].isCounted) = (started - 1, false) }
      if started < setup.updates, !turnedAway.isEmpty {
        now = time
        call(turnedAway.removeFirst())
      }
    case .restart:
      if case .read? = workers[p].act { workers[p].times[0] += now - workers[p].began }
      if case .compute? = workers[p].act { workers[p].times[1] += now - workers[p].began }
      workers[p].act = nil
      want(.read, p)
      if policy == "locked", let holder, holder != p { return inLine.append(p) }
      if policy == "locked" { holder = p }
      workers[p].want = nil
      beginRead(p)
    }
  }

  /// The examples of a worker's minibatch.
  func examples(of p: Int) -> [Int32] {
    let (count, clock, batch) = (model.trainingCount, workers[p].clock, setup.batch)
    if count == 0 { return [] }
    if let file = setup.minibatches {
      let isDealt = workers[p].share != Int.max
      let turn = isBlocks || isJoint ? clock : isDealt ? clock * self.count + p : workers[p].line
      let line = turn % file.count
      let all = Array(file.examples[file.offsets[line]..<file.offsets[line + 1]])
      if !isJoint { return all }
      return Array(all[(all.count / self.count * p)..<(all.count / self.count * (p + 1))])
    }
    if batch >= count { return (0..<count).map { Int32($0) } }
    let first = (isBlocks ? clock : clock * self.count + p) * batch
    switch setup.sampling {
    case .replacement:
      var stream = RandomStream(
        seed: setup.seed, purpose: .minibatch, worker: isBlocks ? 0 : p, clock: clock)
      return (0..<batch).map { _ in Int32(stream.integer(below: count)) }
    default:
      return (first..<(first + batch)).map {
        Int32(EpochPermutation(count: count, epoch: $0 / count, seed: setup.seed)[$0 % count])
      }
    }
  }

  /// Notes how stale an update is that is ready.
  func look(_ p: Int) {
    let seen = workers[p].seen
    let foreign = ranges.indices.filter { $0 != p }.map { versions[$0] - seen[$0] }
    workers[p].stale = isBlocks ? foreign : [updates - (seen.last ?? 0)]
  }

  /// Makes one update with the average of all gradients.
  func stepJointly() {
    let before = parameters.map { Double($0) }
    shown.append(Shown(update: updates, worker: 0, clock: updates, view: [], parameters: before))
    updates += 1
    for worker in workers { samples += worker.examples }
    for worker in workers { for stale in worker.stale { histogram[stale, default: 0] += 1 } }
    let share = 1 / Scalar(count)
    for shard in ranges.indices {
      step(shard, number: updates - 1) { place in
        workers.reduce(0) { $0 + share * $1.gradient[place] }
      }
    }
  }

  /// Shortens a gradient that is longer than it may be.
  func clipped(_ gradient: [Scalar]) -> [Scalar] {
    guard let limit = setup.clip else { return gradient }
    let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return norm > limit ? gradient.map { $0 * Scalar(limit / norm) } : gradient
  }

  /// The number in the run of a worker's update: under `barrier` the first of its round.
  func number(of p: Int) -> Int {
    policy == "barrier" ? workers[p].clock * count : workers[p].number
  }

  /// The share of the rate that an update takes.
  func factor(at number: Int) -> Double {
    let (warmup, total) = (setup.schedule.warmup, setup.updates - setup.schedule.warmup)
    if number < warmup { return Double(number + 1) / Double(warmup) }
    let k = number - warmup
    let share = Double(k) / Double(max(1, total))
    switch setup.schedule.shape {
    case .constant: return 1
    case .linear: return 1 - share
    case .cosine:
      let root = PortableMath.cosine(ofHalfTurns: share / 2)
      return root * root
    case .step(let every, let factor): return power(factor, (k - k % every) / every)
    case .file: return Self.file.last { $0.update <= k }?.factor ?? .nan
    }
  }

  /// What every file of factors says.
  static var file: [RateTable.Entry] {
    [(0, 0.5), (3, 2), (4, 0.25), (20, 0), (21, 1)].map { RateTable.Entry(update: $0, factor: $1) }
  }

  /// Makes the next version of a shard from its gradient.
  func step(_ shard: Int, number: Int, _ gradient: (Int) -> Scalar) {
    versions[shard] += 1
    let rate =
      setup.schedule == .constant
      ? Scalar(setup.rate) : Scalar(setup.rate) * Scalar(factor(at: number))
    let words = setup.optimizer.specification.split(separator: ":")
    let argument = words.count > 1 ? Scalar(Double(words[1]) ?? .nan) : .nan
    for (index, place) in ranges[shard].enumerated() {
      let g = gradient(place)
      let w = parts[shard][index]
      var (m, s) = (state[0][place], state[1][place])
      let step: Scalar
      switch words[0] {
      case "sgd": step = rate * g
      case "momentum":
        m = argument * m + g
        step = rate * m
      case "nesterov":
        m = argument * m + g
        step = rate * (g + argument * m)
      case "adagrad":
        m = m + g * g
        step = rate * g / (m.squareRoot() + Scalar(1e-10))
      case "rmsprop":
        m = Scalar(0.99) * m + Scalar(1 - 0.99) * g * g
        step = rate * g / (m.squareRoot() + Scalar(1e-8))
      case "adam", "adamw":
        m = Scalar(0.9) * m + Scalar(1 - 0.9) * g
        s = Scalar(0.999) * s + Scalar(1 - 0.999) * g * g
        let c = Scalar(1 - power(0.9, versions[shard]))
        let d = Scalar(1 - power(0.999, versions[shard]))
        let root = (s / d).squareRoot() + Scalar(1e-8)
        step =
          words[0] == "adam" ? rate * (m / c) / root : rate * ((m / c) / root + argument * w)
      case "lion":
        let mixed = Scalar(0.9) * m + Scalar(1 - 0.9) * g
        m = Scalar(0.99) * m + Scalar(1 - 0.99) * g
        step = rate * ((mixed > 0 ? 1 : mixed < 0 ? -1 : 0) + argument * w)
      default: preconditionFailure("\(setup.optimizer) is not simulated slowly")
      }
      (state[0][place], state[1][place]) = (m, s)
      parts[shard][index] -= step
    }
  }

  /// A power by repeated squaring from the lowest bit on, whose rounding is part of Adam's here.
  private func power(_ base: Double, _ exponent: Int) -> Double {
    if exponent == 0 { return 1 }
    var (result, square) = (1.0, base)
    for bit in 0..<(Int.bitWidth - exponent.leadingZeroBitCount) {
      if exponent >> bit & 1 == 1 { result *= square }
      square *= square
    }
    return result
  }

  static func ticks(_ time: Double) -> UInt64 {
    UInt64(max(1, (time * 1_048_576).rounded(.toNearestOrEven)))
  }

  func draw(_ law: ServiceSpecification, _ purpose: RandomPurpose, _ p: Int) -> UInt64 {
    var stream = RandomStream(
      seed: setup.seed, purpose: purpose, worker: p, clock: workers[p].clock)
    switch law {
    case .constant(let time): return Self.ticks(time)
    case .perWorker(let times): return Self.ticks(times[p])
    case .exponential(let mean): return Self.ticks(mean * stream.exponential())
    case .pareto(let mean, let index):
      let power = PortableMath.exp(-(1 / index) * PortableMath.log(stream.openUniform()))
      return Self.ticks(mean * (index - 1) / index * power)
    case .lognormal(let mean, let variation):
      let variance = PortableMath.log(1 + variation * variation)
      let centre = PortableMath.log(mean) - variance / 2
      return Self.ticks(PortableMath.exp(centre + variance.squareRoot() * stream.normal()))
    case .gamma(let mean, let variation):
      let shape = 1 / (variation * variation)
      return Self.ticks(mean / shape * gamma(shape, &stream))
    default: preconditionFailure("\(law.specification) is not simulated slowly")
    }
  }

  private func gamma(_ shape: Double, _ stream: inout RandomStream) -> Double {
    if shape < 1 {
      let larger = gamma(shape + 1, &stream)
      return larger * PortableMath.exp(PortableMath.log(stream.openUniform()) / shape)
    }
    let d = shape - 1.0 / 3
    while true {
      let x = stream.normal()
      let root = 1 + 1 / (9 * d).squareRoot() * x
      if root <= 0 { continue }
      let v = root * root * root
      let limit = 0.5 * x * x + d - d * v + d * PortableMath.log(v)
      if PortableMath.log(stream.openUniform()) < limit { return d * v }
    }
  }

  /// Expects the engine to have come to the same.
  func expectEqual(
    _ outcome: SimulationOutcome<Scalar>, _ place: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    func expect(_ isEqual: Bool, _ what: String) {
      #expect(isEqual, "\(what): \(place)", sourceLocation: sourceLocation)
    }
    let unit = 1_048_576.0
    expect(outcome.parameters == parameters, "parameters")
    expect(
      outcome.updates == updates
        && outcome.samples == (isBlocks ? (samples + count - 1) / count : samples),
      "counts")
    expect(outcome.virtualTime == Double(now) / unit, "time \(now)")
    expect(outcome.tornViews == TornViewsRecord(reads: reads, torn: torn), "reads and torn views")
    let sorted = histogram.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }
    expect(outcome.staleness.histogram == sorted, "staleness \(sorted)")
    for (record, worker) in zip(outcome.workers, workers) {
      let times = worker.times.map { Double($0) / unit }
      let recorded = [
        record.readSeconds, record.computeSeconds, record.applySeconds, record.waitSeconds,
      ]
      expect(recorded == times && record.updates == worker.clock, "worker \(record.worker)")
    }
  }
}
