import ArgumentParser
import Lockstep

/// What only `--engine virtual` takes.
struct VirtualOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The law of an iteration's time: constant:T, exponential:MEAN, gamma:MEAN,CV, "
        + "pareto:MEAN,ALPHA, lognormal:MEAN,CV, per-worker:T1;T2;…, trace:FILE, "
        + "calibrated:FILE or adversarial:SEED. "
        + "(default: constant:1)", valueName: "law"), completion: Completions.of("service"))
  var service: String?

  @Option(
    name: .customLong("read-time"),
    help: ArgumentHelp(
      "The law of the time that reading a view takes, shard after shard; as --service. "
        + "(default: no time)", valueName: "law"), completion: Completions.of("read-time"))
  var readTime: String?

  @Option(
    name: .customLong("apply-time"),
    help: ArgumentHelp(
      "The law of the time that applying an update takes, shard after shard; as --service. "
        + "(default: no time)", valueName: "law"), completion: Completions.of("apply-time"))
  var applyTime: String?

  @Option(
    help: ArgumentHelp(
      "The law of staleness itself, instead of --service: constant:T, uniform:0..S, "
        + "geometric:MEAN, trace:FILE or exchange:K.", valueName: "law"),
    completion: Completions.of("delay"))
  var delay: String?

  @Option(
    name: .customLong("delay-per"),
    help: ArgumentHelp(
      "Whether a delay is drawn for each read or for each message. (default: read)",
      valueName: "scope"),
    completion: Completions.of("delay-per"))
  var delayScope: String?

  @Option(
    help: ArgumentHelp(
      "A fault of a worker: worker=P,at=TIME,kind=stall:TIME, kind=crash or kind=restart; may be "
        + "repeated.", valueName: "fault"))
  var fault: [String] = []

  @Option(parsing: .unconditional, help: "The number of independent copies. (default: 1)")
  var replicas: String?

  @Option(
    parsing: .unconditional, help: "The number of updates left out of averages. (default: 0)")
  var warmup: String?

  @Option(
    name: .customLong("host-threads"), parsing: .unconditional,
    help: "The threads that compute; no result depends on it. (default: one per core)")
  var hostThreads: String?
}
