import ArgumentParser
import Foundation
import Lockstep

/// `lockstep sweep merge`: the folders of shares become one.
///
/// The parser doesn't allow a command with arguments of its own to have a command below it, so
/// ``LockstepCommand`` finds this one before it parses.
struct SweepMergeCommand: ParsableCommand {
  /// The word that stands after `lockstep sweep`.
  static let name = "merge"

  static let configuration = CommandConfiguration(
    commandName: name, _superCommandName: "lockstep sweep",
    abstract: "Join the result folders of shares of one sweep.",
    discussion: """
      'lockstep sweep … --shard I/N' carries out a share of a sweep. This command joins the folders of such \
      shares in a new folder, or in one that holds some of the runs. A run that stands in several folders is \
      taken from the first.
      """)

  @Argument(
    help: ArgumentHelp("The folders of the shares.", valueName: "dir"), completion: .directory)
  var folders: [String] = []

  @Option(
    help: ArgumentHelp("The folder that all runs go to.", valueName: "dir"),
    completion: .directory)
  var out: String?

  @OptionGroup var reporting: ReportingOptions

  func run() throws { try Self.join(folders, into: out, reporting) }

  /// Joins folders, and says how many runs were added.
  static func join(
    _ folders: [String], into out: String?, _ reporting: ReportingOptions
  ) throws {
    guard let out else {
      throw ConfigurationError.conflict(reason: "merge needs a folder to write to; add --out DIR")
    }
    guard !folders.isEmpty else {
      throw ConfigurationError.conflict(
        reason: "merge needs the folders to join: lockstep sweep merge DIR… --out DIR")
    }
    var (store, merge) = try StoreMerge.join(folders, into: out)
    let plan = try SweepPlan(contentsOf: "\(out)/\(ResultStore.Name.plan)")
    let runs = try plan.runs(limit: .max)
    let records = try SweepFolder.writeSummaries(
      of: store, plan: plan, planned: runs, on: try Topology(.live))
    if plan.bisectionTolerance == nil {
      let present = Set(records.own.map(\.id))
      merge.missing = runs.distinct.count { !present.contains($0.id) }
    }
    WatchedSweep.tell(foreign: records.foreign, in: out)
    if reporting.json {
      try Console.putJSON(merge)
    } else {
      var text =
        "\(NumberText.counted(merge.added, "run")) added, "
        + "\(NumberText.counted(merge.repeated, "was", "were")) there already\n"
      if let missing = merge.missing, missing > 0 {
        text +=
          "\(NumberText.counted(missing, "run")) of \(Format.count(runs.distinct.count)) "
          + "\(missing == 1 ? "is" : "are") missing; merge the other shares as well\n"
      }
      try Console.put(text)
    }
  }
}
