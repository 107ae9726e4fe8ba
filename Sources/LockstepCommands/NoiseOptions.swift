import ArgumentParser
import Lockstep

/// How noise probes look at an update, shared by every command that may make them.
struct NoiseOptions: ParsableArguments {
  @Option(
    name: .customLong("noise-shards"),
    help: ArgumentHelp(
      "What probes split a step over: workers, parameters or numbers of shards, with commas "
        + "between them. (default: workers)", valueName: "shards"))
  var shards: String?

  @Option(
    name: .customLong("noise-directions"), parsing: .unconditional,
    help: "The number of random directions where curvature is estimated. (default: 16)")
  var directions: Int?

  @Option(
    name: .customLong("noise-heldout"), parsing: .unconditional,
    help: "The number of held-out examples that probes take losses on. (default: 1024 at most)")
  var heldOut: Int?

  /// Reads the options into a configuration whose other options have been read.
  ///
  /// - Throws: ``ConfigurationError`` also where no probes are asked for.
  func read(into configuration: inout RunConfiguration) throws(ConfigurationError) {
    guard var noise = configuration.noise else {
      let options = [
        ("--noise-shards", shards != nil), ("--noise-directions", directions != nil),
        ("--noise-heldout", heldOut != nil),
      ]
      if let option = options.first(where: \.1)?.0 {
        throw .conflict(
          reason: "\(option) says how noise probes look at updates; add --record noise=EVERY")
      }
      return
    }
    if let shards { noise.splits = try NoiseSpecification.splits(shards) }
    if let directions { noise.directions = directions }
    noise.heldOutExamples = heldOut
    configuration.noise = noise
  }
}
