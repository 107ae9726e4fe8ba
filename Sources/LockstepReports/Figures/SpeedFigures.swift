import LockstepCore
import LockstepStudies
import LockstepTelemetry

/// Throughput, speed-up, times to a target, and losses.
extension FigureMaker {
  mutating func speedFigures() -> [Figure] {
    guard let workers = abscissas.first(where: { $0.name == "workers" }) else { return [] }
    // The two engines' times can't be compared: each has figures of its own.
    return section.engines.flatMap { speedFigures(isVirtual: $0, along: workers) }
  }

  private mutating func speedFigures(isVirtual: Bool, along workers: Abscissa) -> [Figure] {
    let unit = SpeedUnit(comparing: section.runs)
    func throughput(_ run: StoredRun) -> Double? {
      run.record.isVirtual == isVirtual ? unit.speed(of: run.record) : nil
    }
    let name = section.words(for: isVirtual)
    var figures = comparisons(
      Self.slug(["throughput"] + name), "Throughput",
      y: .init(
        label: "throughput",
        unit: unit.rawValue + (isVirtual ? " per time unit" : "/s"),
        prefersLogarithm: true, includesZero: true),
      along: workers, [("", throughput)])
    // The same setting with one worker, the same seed and repetition, or the median of all.
    func setting(_ run: StoredRun) -> String { run.axes.setting(without: "workers", "seed") }
    func trial(_ run: StoredRun) -> String { "\(run.seed) \(run.repetition ?? 0)" }
    var bases: [String: [String: Double]] = [:]
    for run in section.runs where workers.number(run) == 1 {
      bases[setting(run), default: [:]][trial(run)] = throughput(run)
    }
    guard !bases.isEmpty else { return figures }
    let medians = bases.compactMapValues { base in
      base.isEmpty ? nil : Sample(Array(base.values)).median
    }
    figures += comparisons(
      Self.slug(["speed-up"] + name), "Speed-up",
      y: .init(label: "speed-up over 1 worker", prefersLogarithm: true, includesZero: true),
      along: workers,
      [
        (
          "",
          { run in
            let key = setting(run)
            guard let base = bases[key]?[trial(run)] ?? medians[key], base > 0 else { return nil }
            return throughput(run).map { $0 / base }
          }
        )
      ],
      reference: { xs in
        Chart.Series(
          name: "as many times as workers (ideal)",
          points: xs.map { Chart.Point(x: $0, y: $0, low: $0, high: $0, count: 0) },
          look: .reference)
      })
    return figures
  }

  mutating func lossFigures() -> [Figure] {
    let isProbed = section.runs.contains { !$0.record.noise.isEmpty }
    var figures: [Figure] = []
    for abscissa in abscissas {
      guard !isProbed || ["learning-rate", "delay", "bound"].contains(abscissa.name) else {
        continue
      }
      figures += comparisons(
        "loss", "Final training loss",
        y: .init(label: "final training loss", prefersLogarithm: true), along: abscissa,
        [("", { $0.record.loss.final })])
    }
    return figures
  }

  /// Updates and time to the target loss, with runs that didn't reach it counted as such.
  mutating func targetFigures() -> [Figure] {
    var figures: [Figure] = []
    for engine in [nil] + section.engines.map(Optional.some) {
      guard let metric = try? Metric(engine == nil ? "updatesToTarget" : "timeToTarget"),
        section.runs.contains(where: { run in
          engine.map { $0 == run.record.isVirtual } ?? true && metric.observation(in: run) != nil
        })
      else { continue }
      let label = "\(engine == nil ? "updates" : "time") to the target loss"
      let unit = engine.map(Section.timeUnit) ?? "updates"
      for abscissa in abscissas {
        figures += targets(
          metric, of: engine, y: .init(label: label, unit: unit, prefersLogarithm: true),
          along: abscissa)
      }
    }
    return figures
  }

  private mutating func targets(
    _ metric: Metric, of engine: Bool?, y: Chart.Axis, along abscissa: Abscissa
  ) -> [Figure] {
    let comparison = comparison(along: abscissa)
    var figures: [Figure] = []
    for slice in comparison.slices {
      var series: [Chart.Series] = []
      var unreached: [String] = []
      var open = 0
      for line in slice.lines {
        var points: [Chart.Point] = []
        for group in line.groups {
          let runs = group.runs.filter { run in
            engine.map { $0 == run.record.isVirtual } ?? true
          }
          guard let sample = metric.censoredSample(of: runs) else { continue }
          let median = sample.medianEstimate
          guard let value = median.value else {
            unreached.append(
              "\(line.name.isEmpty ? "" : line.name + " at ")\(abscissa.axis.label) "
                + "\(NumberText.short(group.x)) (\(sample.reached) of "
                + "\(sample.observations.count))")
            continue
          }
          if median.high == nil { open += 1 }
          let isClosed = median.high != nil && median.low != nil
          points.append(
            Chart.Point(
              x: group.x, y: value, low: isClosed ? median.low ?? value : value,
              high: isClosed ? median.high ?? value : value,
              count: sample.observations.count))
        }
        if !points.isEmpty { series.append(Chart.Series(name: line.name, points: points)) }
      }
      guard Set(series.flatMap { $0.points.map(\.x) }).count > 1 else { continue }
      let chart = Chart(x: abscissa.axis, y: y, series: Self.named(series))
      var notes = Self.notes(chart)
      if !unreached.isEmpty {
        let shown = unreached.prefix(6).joined(separator: ", ")
        let more = unreached.count > 6 ? ", and \(unreached.count - 6) more" : ""
        notes.append("Not drawn, because fewer than half of the runs got there: \(shown)\(more).")
      }
      if open > 0 {
        notes.append(
          "\(NumberText.counted(open, "point has", "points have")) no band, because the upper "
            + "end lies beyond the longest run.")
      }
      figures.append(
        Figure(
          name: Self.slug(
            [metric.description] + section.words(for: engine) + [abscissa.name, slice.name]),
          title: y.label.prefix(1).uppercased() + y.label.dropFirst()
            + " against \(abscissa.axis.label)" + (slice.name.isEmpty ? "" : ": \(slice.name)"),
          caption:
            "Kaplan–Meier medians, in which runs that did not reach the target are censored, over "
            + "\(Self.bands(over: section.seedCount)).",
          content: .lines(chart), notes: notes))
    }
    if !figures.isEmpty {
      figures[figures.count - 1].notes += comparison.omissions(file: "results.csv")
    }
    return figures
  }
}
