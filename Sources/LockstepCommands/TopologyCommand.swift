import ArgumentParser
import Foundation
import LockstepCore
import LockstepTopology

/// `lockstep topology`: the machine, and what a `--pin` means on it.
struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topology",
    abstract: "Show the machine, and which worker a --pin puts where.",
    discussion: """
      Shows what this process may use: its affinity and its cgroup are taken into account. Nothing \
      is bound.

      Examples:
        lockstep topology
        lockstep topology --workers 4 --pin scatter
        lockstep topology --synthetic "package:2 numa:1 core:4 pu:2" --workers 8 --pin cores
      """)

  /// The largest number of workers, that of the virtual-time engine.
  static let largestWorkers = 65_536

  @Option(
    help: ArgumentHelp(
      "Place this many workers. (default: with --pin, one for each processing unit)",
      valueName: "p"))
  var workers: Int?

  @Option(
    help: ArgumentHelp(
      "How to place them: \(PinPlan.forms.joined(separator: ", ")); LIST is like 0-3,8. "
        + "(default: compact)", valueName: "plan"),
    completion: Completions.of("pin"))
  var pin: String?

  @Option(
    help: ArgumentHelp(
      "Take a made-up machine, in hwloc's words, instead of this one.",
      valueName: "description"))
  var synthetic: String?

  @Option(
    help: ArgumentHelp(
      "Take the machine from a file of hwloc's instead of this one.", valueName: "file"),
    completion: .file(extensions: ["xml"]))
  var xml: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  @Option(
    name: .customLong("export-xml"),
    help: ArgumentHelp("Write the machine to a file for hwloc and --xml.", valueName: "file"))
  var exportXML: String?

  func run() throws {
    try Console.put(report())
  }

  /// Does everything and returns what goes to standard output.
  ///
  /// - Throws: ``ConfigurationError`` for options that can't be, ``TopologyError`` for a machine or
  ///   a place that can't be had.
  func report() throws -> String {
    let pin = try self.pin.map { try PinPlan($0) }
    if let workers, !(1...Self.largestWorkers).contains(workers) {
      throw ConfigurationError.invalid(
        option: "--workers", value: "\(workers)",
        reason: "not " + NumberText.wholeNumber(in: 1...Self.largestWorkers))
    }
    let topology = try Topology(try source())
    var plan: PlacementPlan?
    if pin != nil || workers != nil {
      plan = try PlacementPlan(
        workers: workers ?? topology.processingUnits.count, pin: pin ?? .compact, on: topology)
    }
    if let exportXML { try topology.exportXML(to: exportXML) }
    return json
      ? try TopologyDocument(topology, plan: plan).text() : Self.text(topology, plan: plan)
  }

  private func source() throws(ConfigurationError) -> TopologySource {
    switch (synthetic, xml) {
    case (nil, nil): return .live
    case (let description?, nil): return .synthetic(description)
    case (nil, let path?): return .xml(path)
    case (_?, _?):
      throw .conflict(reason: "--synthetic and --xml each give the machine; take one of them")
    }
  }

  private static func text(_ topology: Topology, plan: PlacementPlan?) -> String {
    var text = topology.tree
    if let plan {
      text += "\n--pin \(plan.pin)\n\(plan.table(on: topology))\n\(plan.summary)\n"
    }
    return text
  }
}
