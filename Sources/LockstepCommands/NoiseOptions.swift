import ArgumentParser
import Lockstep

/// How noise probes look at an update, shared by every command that may make them.
struct NoiseOptions: ParsableArguments {
  @Option(
    name: .customLong("noise-shards"),
    help: ArgumentHelp(
      "The shards that probes split a step into: workers, parameters or numbers of shards, with commas "
        + "between them. (default: workers)", valueName: "shards"))
  var shards: String?

  @Option(
    name: .customLong("noise-directions"), parsing: .unconditional,
    help: "The number of random directions where curvature is estimated. (default: 16)")
  var directions: String?

  @Option(
    name: .customLong("noise-heldout"), parsing: .unconditional,
    help: "The number of held-out examples that probes take losses on. (default: 1024 at most)")
  var heldOut: String?
}
