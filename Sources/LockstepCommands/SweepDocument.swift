import Lockstep

/// What came of a sweep: the `--json` document.
struct SweepDocument: Encodable {
  let schema = "lockstep.sweep/1"
  /// The folder.
  let folder: String
  /// The plan's hash.
  let plan: String
  /// The number of runs, or of searches.
  let runs: Int
  /// How many were carried out now.
  let executed: Int
  /// How many were there before.
  let present: Int
  /// How many are still missing, with those that failed.
  let missing: Int
  /// Whether it was stopped before the end.
  let interrupted: Bool
  /// Runs that could not be carried out.
  let failures: [SweepFailure]
  /// What was found, where something was searched.
  let bisection: [BisectionResult]?

  init(
    folder: String, plan: String, runs: Int, outcome: SweepOutcome, bisection: [BisectionResult]?
  ) {
    self.folder = folder
    self.plan = plan
    self.runs = runs
    executed = outcome.executed
    present = outcome.present
    missing = runs - outcome.executed - outcome.present
    interrupted = outcome.isInterrupted
    failures = outcome.failures
    self.bisection = bisection
  }
}

/// What a plan asks for, before anything is done: the `--json` document of `--dry-run`.
struct SweepPreview: Encodable {
  /// One part of the plan.
  struct Part: Encodable {
    let name: String?
    let runs: Int
    let axes: [Axis]
  }

  /// One axis.
  struct Axis: Encodable {
    let name: String
    let values: [String]
    /// The axes that it goes together with.
    let zippedWith: [String]
  }

  let schema = "lockstep.sweep-preview/1"
  /// The plan's hash.
  let plan: String
  /// The number of different runs of the whole plan.
  let runs: Int
  /// The number of runs of the share that was asked for.
  let share: Int
  /// How many of those are in the folder already.
  let present: Int
  /// The parts.
  let parts: [Part]
  /// About how many runs the searches that are left will make; left out where nothing is searched.
  let trials: Int?
  /// About how long the others will take.
  let estimate: SweepEstimate

  init(
    plan: SweepPlan, runs: PlannedRuns, share: Int, present: Int, trials: Int?,
    estimate: SweepEstimate
  ) {
    self.plan = runs.digest
    self.runs = runs.distinct.count
    self.share = share
    self.present = present
    self.trials = trials
    self.estimate = estimate
    parts = plan.parts.map { part in
      Part(
        name: part.name, runs: part.count ?? 0,
        axes: part.groups.flatMap { group in
          group.map { axis in
            Axis(
              name: axis.name, values: axis.values,
              zippedWith: group.map(\.name).filter { $0 != axis.name })
          }
        })
    }
  }

  /// The same for people.
  func text(jobs: Int) -> String {
    var text =
      trials == nil
      ? NumberText.counted(runs, "run") : NumberText.counted(runs, "search", "searches")
    if share != runs { text += ", of which this share has \(Format.count(share))" }
    if present > 0 {
      text += "; \(NumberText.counted(present, "is", "are")) there already"
    }
    text += "\n"
    for part in parts {
      if let name = part.name { text += "\n\(name): \(NumberText.counted(part.runs, "run"))\n" }
      for axis in part.axes {
        let shown = axis.values.prefix(8).joined(separator: ", ")
        let more = axis.values.count > 8 ? ", … (\(Format.count(axis.values.count)) values)" : ""
        let zipped =
          axis.zippedWith.isEmpty ? "" : " (with \(axis.zippedWith.joined(separator: ", ")))"
        text += "  \(axis.name)\(zipped): \(shown)\(more)\n"
      }
    }
    return text + estimateText(jobs: jobs)
  }

  private func estimateText(jobs: Int) -> String {
    guard let failure = estimate.failure else { return timeText(jobs: jobs) }
    return timeText(jobs: jobs) + "\nthe run with \(failure.axes) will fail: \(failure.reason)\n"
  }

  private func timeText(jobs: Int) -> String {
    guard share > present else { return "\nnothing is left to do\n" }
    guard let seconds = estimate.seconds else {
      return "\nNo run could be timed, so there is no estimate.\n"
    }
    let searching = trials.map { "about \(NumberText.counted($0, "run")), " } ?? ""
    return
      "\n\(searching)about \(Format.roughly(seconds)) with "
      + "\(NumberText.counted(jobs, "job")), from short runs of \(estimate.timed) of "
      + "\(NumberText.counted(estimate.kinds, "kind")) of runs\n"
  }
}
