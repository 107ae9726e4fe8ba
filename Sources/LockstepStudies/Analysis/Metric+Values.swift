import LockstepCore
import LockstepTelemetry

extension Metric {
  /// The number in a run; `nil` where it cannot be had, which includes a target that the run didn't
  /// reach: ``observation(in:)`` has those.
  ///
  /// - Complexity: O(1), but for noise O(probes) and for targets O(points of the loss curve).
  public func value(in run: StoredRun) -> Double? {
    let record = run.record
    let value: Double?
    switch kind {
    case .field(let name): value = Self.fields.at(name)?.value(record)
    case .axis(let axis, let part):
      value = run.option(axis).flatMap {
        if let part { AxisValue.part(part, of: $0) } else { AxisValue.number($0) }
      }
    case .worker(let choice, let name):
      let field = Self.workerFields.at(name)
      value = Self.workers(choice, of: record.workers).map { workers in
        workers.reduce(0) { $0 + (field?.value($1) ?? 0) }
      }
    case .noise(let choice):
      value = Self.noise(choice, record)
    case .target:
      value = observation(in: run).flatMap { $0.isCensored ? nil : $0.time }
    }
    return value.flatMap { $0.isFinite ? $0 : nil }
  }

  /// How long a run took to its target, or until when it had not reached it; `nil` for any other
  /// metric, and where the run had no target.
  ///
  /// A run that diverged will never reach it: its time is infinite.
  public func observation(in run: StoredRun) -> CensoredSample.Observation? {
    guard case .target(let isTime, let loss) = kind else { return nil }
    let record = run.record
    // Where delays are set directly, no time passes.
    if isTime, record.isVirtual, record.virtualTime == nil { return nil }
    let own = record.configuration["targetLoss"].flatMap(AxisValue.number)
    guard let target = loss ?? own else { return nil }
    let wholeTime = record.virtualTime ?? record.wallSeconds
    if let point = record.loss.curve.first(where: { ($0.loss ?? .infinity) <= target }) {
      return .init(time: isTime ? point.time : Double(point.update), isCensored: false)
    }
    let end = isTime ? wholeTime : Double(record.updates)
    if record.status == .targetReached, let own, target >= own {
      return .init(time: end, isCensored: false)
    }
    return .init(time: record.status == .diverged ? .infinity : end, isCensored: true)
  }

  /// Between what the number lies: where a run stopped before its target, how long it takes to get there is
  /// only known to be more than it took to the end.
  ///
  /// That holds for `updatesToTarget` and `timeToTarget`, and for `updates`, `samples` and times of runs with
  /// a target. A run that diverged never reaches it.
  ///
  /// - Returns: `nil` where there is no number.
  func range(in run: StoredRun) -> ClosedRange<Double>? {
    let record = run.record
    let observed: CensoredSample.Observation
    switch kind {
    case .target:
      guard let found = observation(in: run) else { return nil }
      observed = found
    case .field(let name) where Self.fields.at(name)?.role == .effort:
      guard let value = value(in: run) else { return nil }
      let hasTarget = record.configuration["targetLoss"].flatMap(AxisValue.number) != nil
      let isOpen = hasTarget && record.status != .targetReached
      observed = .init(
        time: isOpen && record.status == .diverged ? .infinity : value, isCensored: isOpen)
    default: return value(in: run).map { $0...$0 }
    }
    let time = min(observed.time, ClaimItem.never)
    return time...(observed.isCensored ? ClaimItem.never : time)
  }

  /// The times to the target of several runs; `nil` where there is none.
  public func censoredSample(of runs: [StoredRun]) -> CensoredSample? {
    let observations = runs.compactMap { observation(in: $0) }
    return observations.isEmpty ? nil : CensoredSample(observations)
  }

  /// The finite numbers of several runs; `nil` where there is none.
  public func sample(of runs: [StoredRun]) -> Sample? {
    let values = runs.compactMap { value(in: $0) }
    return values.isEmpty ? nil : Sample(values)
  }

  /// What it is in words.
  public var words: String {
    switch kind {
    case .field(let name): return Self.fields.at(name)?.words ?? name
    case .axis(let axis, let part):
      return part.map { "\(axis) \($0)" } ?? axis.replacing("-", with: " ")
    case .worker(let choice, let name):
      let words = Self.workerFields.at(name)?.words ?? name
      switch choice {
      case .slowest: return "\(words), slowest worker"
      case .fastest: return "\(words), fastest worker"
      case .all: return "\(words), all workers"
      case .number(let number): return "\(words), worker \(number)"
      }
    case .noise(let choice):
      let words = Self.noiseMeasures.at(choice.measure)?.words ?? choice.measure
      return "\(words) on \(choice.set)" + (choice.isRelative ? " / promised decrease" : "")
    case .target(let isTime, _): return isTime ? "time to target" : "updates to target"
    }
  }

  /// Its unit; `nil` for what has none, and for times that are seconds or virtual by engine.
  public var unit: String? {
    switch kind {
    case .field(let name): Self.fields.at(name)?.unit
    case .worker(_, let name): Self.workerFields.at(name)?.unit
    case .axis, .noise: nil
    case .target(let isTime, _): isTime ? nil : "updates"
    }
  }

  /// The workers that a choice means.
  ///
  /// The slowest has made the fewest updates; of several with as few, the one that was busy longest.
  private static func workers(
    _ choice: WorkerChoice, of workers: [WorkerRecord]
  ) -> [WorkerRecord]? {
    func isSlower(_ first: WorkerRecord, _ second: WorkerRecord) -> Bool {
      func busy(_ worker: WorkerRecord) -> Double {
        worker.computeSeconds + worker.readSeconds + worker.applySeconds
      }
      return (first.updates, -busy(first)) < (second.updates, -busy(second))
    }
    switch choice {
    case .slowest: return workers.min(by: isSlower).map { [$0] }
    case .fastest: return workers.max(by: isSlower).map { [$0] }
    case .all: return workers.isEmpty ? nil : workers
    case .number(let number): return workers.first { $0.worker == number }.map { [$0] }
    }
  }

  private static func noise(_ choice: NoiseChoice, _ record: RunRecord) -> Double? {
    guard let measure = noiseMeasures.at(choice.measure) else { return nil }
    guard let split = shards(choice.shards, choice.set, of: record) else { return nil }
    var probes = record.noise.filter { $0.set == choice.set && $0.shards == split }
    if let loss = choice.loss {
      guard let place = update(at: loss, of: record) else { return nil }
      probes = nearest(to: place, probes)
    }
    var (sum, promised, count) = (0.0, 0.0, 0)
    for probe in probes {
      guard let value = measure.value(probe), value.isFinite else { continue }
      if choice.isRelative {
        guard let decrease = probe.promisedDecrease, decrease.isFinite else { continue }
        promised += decrease
      }
      sum += value
      count += 1
    }
    guard count > 0 else { return nil }
    return choice.isRelative ? (promised > 0 ? sum / promised : nil) : sum / Double(count)
  }

  /// The number of updates at which the training loss first fell to a level, on straight lines between the
  /// points of the curve; `nil` where it never did, or began there.
  private static func update(at loss: Double, of record: RunRecord) -> Double? {
    for (before, after) in zip(record.loss.curve, record.loss.curve.dropFirst()) {
      guard let high = before.loss, let low = after.loss, high > loss, low <= loss else { continue }
      let share = (high - loss) / (high - low)
      return Double(before.update) + share * Double(after.update - before.update)
    }
    return nil
  }

  /// The three probes nearest to a number of updates: one alone says more of its minibatch than of the place.
  private static func nearest(to place: Double, _ probes: [NoiseRecord]) -> [NoiseRecord] {
    let sorted = probes.sorted { abs(Double($0.update) - place) < abs(Double($1.update) - place) }
    return Array(sorted.prefix(3))
  }

  /// The number of shards that a split means in a run; without one, the only number there is, or
  /// that of the workers.
  private static func shards(
    _ split: ShardSplit?, _ set: String, of record: RunRecord
  ) -> Int? {
    switch split {
    case .count(let count): return count
    case .parameters: return record.parameterCount
    case .workers: return record.workers.count
    case nil:
      guard let first = record.noise.first(where: { $0.set == set })?.shards else { return nil }
      let isOnly = record.noise.allSatisfy { $0.shards == first || $0.set != set }
      return isOnly ? first : record.workers.count
    }
  }
}
