extension RunOptions {
  /// Every option of a run, in the order in which they are read.
  ///
  /// To add one: a line here, and a property in the command line's options that hands its text on.
  public static let table: [RunOption] = training + simulation + probes + files

  private static let training: [RunOption] = [
    RunOption("model") { text, run throws(ConfigurationError) in
      run.model = try ModelSpecification(text)
    } write: {
      $0.model.specification
    },
    RunOption("data") { text, run throws(ConfigurationError) in
      run.data = try DataSpecification(text)
    } write: {
      $0.data?.specification
    },
    RunOption("held-out") { text, run throws(ConfigurationError) in
      run.heldOut = try HeldOut(text)
    } write: {
      $0.heldOut.specification
    },
    RunOption("engine") { text, run throws(ConfigurationError) in
      run.engine = try .choice(text, option: "--engine")
    } write: {
      $0.engine.rawValue
    },
    RunOption("decomposition") { text, run throws(ConfigurationError) in
      run.decomposition = try .choice(text, option: "--decomposition")
    } write: {
      $0.decomposition.rawValue
    },
    RunOption("policy") { text, run throws(ConfigurationError) in
      run.policy = try PolicySpecification.parse(text)
    } write: {
      $0.policy.specification
    },
    RunOption("workers") { text, run throws(ConfigurationError) in
      run.workers = try whole(
        text, option: "--workers", in: 1...EngineChoice.virtual.largestWorkerCount)
    } write: {
      "\($0.workers)"
    },
    RunOption("optimizer") { text, run throws(ConfigurationError) in
      run.optimizer = try OptimizerSpecification(text)
    } write: {
      $0.optimizer.specification
    },
    RunOption("learning-rate") { text, run throws(ConfigurationError) in
      run.learningRate = try number(text, option: "--learning-rate")
    } write: {
      "\($0.resolvedLearningRate)"
    },
    RunOption("schedule") { text, run throws(ConfigurationError) in
      run.schedule = try RateSchedule(text)
    } write: {
      $0.resolvedSchedule.specification
    },
    RunOption("clip") { text, run throws(ConfigurationError) in
      run.clip = try number(text, option: "--clip")
    } write: {
      $0.clip.map { "\($0)" }
    },
    RunOption("batch") { text, run throws(ConfigurationError) in
      run.batch = try BatchSize(text)
    } write: {
      $0.batch.specification
    },
    RunOption("sampling") { text, run throws(ConfigurationError) in
      run.sampling = try .choice(text, option: "--sampling")
    } write: {
      $0.sampling.rawValue
    },
    RunOption("updates") { text, run throws(ConfigurationError) in
      run.updates = try whole(
        text, option: "--updates", of: "updates", in: 1...RunConfiguration.largestUpdateCount)
    } write: {
      $0.updates.map { "\($0)" }
    },
    RunOption("epochs") { text, run throws(ConfigurationError) in
      run.epochs = try number(text, option: "--epochs")
    } write: {
      $0.epochs.map { "\($0)" }
    },
    RunOption("target-loss") { text, run throws(ConfigurationError) in
      run.targetLoss = try number(text, option: "--target-loss")
    } write: {
      $0.targetLoss.map { "\($0)" }
    },
    RunOption("seed") { text, run throws(ConfigurationError) in
      run.seed = try whole(text, option: "--seed", in: 0...UInt64.max)
    } write: {
      "\($0.seed)"
    },
    RunOption("kernels") { text, run throws(ConfigurationError) in
      run.kernels = try .choice(text, option: "--kernels")
    } write: {
      $0.kernels.rawValue
    },
    RunOption("precision") { text, run throws(ConfigurationError) in
      let precision: Precision = try .choice(text, option: "--precision")
      run.precision = precision
    } write: {
      $0.resolvedPrecision.rawValue
    },
    RunOption("pin") { text, run in
      run.pin = text
    } write: {
      $0.engine == .threads ? $0.resolvedPin : nil
    },
  ]

  private static let simulation: [RunOption] = [
    RunOption("service") { text, run throws(ConfigurationError) in
      run.virtual.service = try ServiceSpecification(text)
    } write: {
      $0.engine == .virtual ? $0.virtual.resolvedService?.specification : nil
    },
    RunOption("read-time") { text, run throws(ConfigurationError) in
      run.virtual.readTime = try ServiceSpecification(text, option: "--read-time")
    } write: {
      $0.virtual.readTime?.specification
    },
    RunOption("apply-time") { text, run throws(ConfigurationError) in
      run.virtual.applyTime = try ServiceSpecification(text, option: "--apply-time")
    } write: {
      $0.virtual.applyTime?.specification
    },
    RunOption("delay") { text, run throws(ConfigurationError) in
      run.virtual.delay = try DelaySpecification(text)
    } write: {
      $0.virtual.delay?.specification
    },
    RunOption("delay-per") { text, run throws(ConfigurationError) in
      let scope: DelayScope = try .choice(text, option: "--delay-per")
      run.virtual.delayScope = scope
    } write: { run in
      run.virtual.delay.map { _ in (run.virtual.delayScope ?? .read).rawValue }
    },
    RunOption("fault", isRepeatable: true) { text, run throws(ConfigurationError) in
      run.virtual.faults.append(try FaultSpecification(text))
    } write: {
      let faults = $0.virtual.faults
      return faults.isEmpty ? nil : faults.map(\.specification).joined(separator: " ")
    },
    RunOption("replicas") { text, run throws(ConfigurationError) in
      run.virtual.replicas = try whole(
        text, option: "--replicas", in: 1...VirtualConfiguration.largestReplicaCount)
    } write: {
      $0.engine == .virtual ? "\($0.virtual.replicas ?? 1)" : nil
    },
    RunOption("warmup") { text, run throws(ConfigurationError) in
      run.virtual.warmup = try whole(
        text, option: "--warmup", of: "updates", in: 0...RunConfiguration.largestUpdateCount)
    } write: {
      $0.engine == .virtual ? "\($0.virtual.warmup ?? 0)" : nil
    },
    // No result depends on it.
    RunOption("host-threads") { text, run throws(ConfigurationError) in
      run.virtual.hostThreads = try whole(
        text, option: "--host-threads", in: 1...VirtualConfiguration.largestHostThreadCount)
    } write: { _ in
      nil
    },
  ]

  private static let probes: [RunOption] = [
    RunOption("record", isRepeatable: true) { text, run throws(ConfigurationError) in
      try read(record: text, into: &run)
    } write: { run in
      let items = [
        run.lossEvery.map { "loss=\($0)" }, run.probes.every.map { "noise=\($0)" },
        run.recordsTrace ? "trace" : nil,
      ]
      let given = items.compactMap(\.self)
      return given.isEmpty ? nil : given.joined(separator: " ")
    },
    RunOption("noise-shards") { text, run throws(ConfigurationError) in
      run.probes.splits = try NoiseSpecification.splits(text)
    } write: {
      $0.probes.splits?.map(\.specification).joined(separator: ",")
    },
    RunOption("noise-directions") { text, run throws(ConfigurationError) in
      run.probes.directions = try whole(
        text, option: "--noise-directions", of: "random directions",
        in: 1...NoiseSpecification.largestDirectionCount)
    } write: {
      $0.probes.directions.map { "\($0)" }
    },
    RunOption("noise-heldout") { text, run throws(ConfigurationError) in
      run.probes.heldOutExamples = try whole(
        text, option: "--noise-heldout", of: "held-out examples", in: 1...Int(Int32.max))
    } write: {
      $0.probes.heldOutExamples.map { "\($0)" }
    },
  ]

  private static let files: [RunOption] = [
    RunOption("init") { text, run in
      run.initialParametersPath = text
    } write: {
      $0.initialParametersPath
    },
    RunOption("batches") { text, run in
      run.minibatchesPath = text
    } write: {
      $0.minibatchesPath
    },
    // Where results go is no part of them.
    RunOption("save") { text, run in
      run.savePath = text
    } write: { _ in
      nil
    },
    RunOption("calibrate") { text, run in
      run.calibrationPath = text
    } write: { _ in
      nil
    },
  ]

  private static func read(
    record: String, into result: inout RunConfiguration
  ) throws(ConfigurationError) {
    if record == "trace" {
      result.recordsTrace = true
      return
    }
    let parts = record.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard ["loss", "noise"].contains(name) else {
      throw .unknown(
        option: "--record", value: record, choices: ["loss=EVERY", "noise=EVERY", "trace"],
        nearest: Suggestion.nearest(to: name, among: ["loss", "noise", "trace"]))
    }
    guard parts.count == 2, let every = Int(parts[1]), every >= 1 else {
      throw .invalid(
        option: "--record", value: record,
        reason: "write \(name)=EVERY with "
          + NumberText.wholeNumber(of: "updates", in: 1...RunConfiguration.largestUpdateCount))
    }
    if name == "loss" { result.lossEvery = every } else { result.probes.every = every }
  }

  /// Reads a whole number; whether it is within its limits, the whole configuration is asked.
  private static func whole<Number: FixedWidthInteger>(
    _ text: String, option: String, of things: String? = nil, in range: ClosedRange<Number>
  ) throws(ConfigurationError) -> Number {
    guard let value = Number(text) else {
      throw .invalid(
        option: option, value: text,
        reason: "write " + NumberText.wholeNumber(of: things, in: range))
    }
    return value
  }

  private static func number(
    _ text: String, option: String
  ) throws(ConfigurationError) -> Double {
    guard let value = Double(text) else {
      throw .invalid(option: option, value: text, reason: "write a number")
    }
    if let reason = NumberText.rangeProblem(text) {
      throw .invalid(option: option, value: text, reason: reason)
    }
    return value
  }
}

extension RawRepresentable where RawValue == String, Self: CaseIterable {
  /// Reads an option whose values are the raw values of an enumeration.
  ///
  /// - Throws: ``ConfigurationError/unknown(option:value:choices:nearest:)`` for another text.
  public static func choice(
    _ text: String, option: String
  ) throws(ConfigurationError) -> Self {
    guard let value = Self(rawValue: text) else {
      let names = allCases.map(\.rawValue)
      throw .unknown(
        option: option, value: text, choices: names,
        nearest: Suggestion.nearest(to: text, among: names))
    }
    return value
  }
}
