import LockstepCore
import LockstepStudies
import LockstepTelemetry

/// What happens along a run.
extension FigureMaker {
  /// The largest number of points of a curve.
  private static let pointCount = 40

  /// Evenly spread places in a list, both ends included.
  private static func places(_ count: Int) -> [Int] {
    guard count > pointCount else { return Array(0..<count) }
    return (0..<pointCount).map { $0 * (count - 1) / (pointCount - 1) }
  }

  /// What has to be said about settings whose curves are not drawn.
  private var omissions: [String] {
    settings.omissions(file: "results.jsonl")
  }

  mutating func curveFigures() -> [Figure] {
    var figures: [Figure] = []
    // Where delays are set directly, no time passes.
    let timed = section.engines.filter { isVirtual in
      section.runs.contains { run in
        run.record.isVirtual == isVirtual && run.record.loss.curve.contains { $0.time > 0 }
      }
    }
    for engine in [nil] + timed.map(Optional.some) {
      let isTime = engine != nil
      for slice in settings.slices {
        let series = slice.lines.compactMap { lossCurve($0, in: engine) }
        guard series.contains(where: { $0.points.count > 1 }) else { continue }
        let chart = Chart(
          x: .init(
            label: isTime ? "time" : "updates", unit: engine.map(Section.timeUnit),
            includesZero: true),
          y: .init(label: "training loss", prefersLogarithm: true), series: Self.named(series))
        var notes = Self.notes(chart)
        notes += omissions
        figures.append(
          Figure(
            name: Self.slug(
              ["loss-by", isTime ? "time" : "updates"] + section.words(for: engine) + [slice.name]),
            title: "Training loss against \(isTime ? "time" : "updates")"
              + (slice.name.isEmpty ? "" : ": \(slice.name)"),
            caption: bandWords + (isTime ? " Times are medians at equal numbers of updates." : ""),
            content: .lines(chart), notes: notes))
      }
    }
    return figures
  }

  /// The median curve of a setting, as far as at least half of its runs went.
  ///
  /// - Parameter engine: whose time it is drawn against, virtual or not; `nil` for updates, of all engines.
  private mutating func lossCurve(_ line: Comparison.Line, in engine: Bool?) -> Chart.Series? {
    let runs = line.groups.flatMap(\.runs).filter { run in
      engine.map { $0 == run.record.isVirtual } ?? true
    }
    let curves = runs.map(\.record.loss.curve)
    guard let longest = curves.max(by: { $0.count < $1.count }), longest.count > 1 else {
      return nil
    }
    let positions = curves.map { curve in
      Dictionary(curve.map { ($0.update, $0) }, uniquingKeysWith: { first, _ in first })
    }
    var points: [Chart.Point] = []
    for place in Self.places(longest.count) {
      let update = longest[place].update
      let found = positions.compactMap { $0[update] }
      let losses = found.compactMap(\.loss).filter(\.isFinite)
      guard losses.count * 2 >= runs.count, !losses.isEmpty else { continue }
      let loss = Intervals.median(losses)
      let x = engine != nil ? Sample(found.map(\.time)).median : Double(update)
      points.append(
        Chart.Point(x: x, y: loss.value, low: loss.low, high: loss.high, count: loss.count))
    }
    return points.isEmpty ? nil : Chart.Series(name: line.name, points: points, look: .curve)
  }

  /// The sum of two counts, which a file may have made as large as it likes.
  private static func sum(_ count: Int, _ other: Int) -> Int {
    let (sum, isBeyond) = count.addingReportingOverflow(other)
    return isBeyond ? .max : sum
  }

  mutating func stalenessFigures() -> [Figure] {
    var figures: [Figure] = []
    for slice in settings.slices {
      var counts: [(name: String, runs: Int, bins: [Int: Int])] = []
      for line in slice.lines {
        var bins: [Int: Int] = [:]
        let runs = line.groups.flatMap(\.runs)
        for pair in runs.flatMap(\.record.staleness.histogram)
        where pair.count == 2 && pair[0] >= 0 && pair[1] > 0 {
          bins[pair[0], default: 0] = Self.sum(bins[pair[0], default: 0], pair[1])
        }
        if !bins.isEmpty { counts.append((line.name, runs.count, bins)) }
      }
      let largest = counts.flatMap { $0.bins.keys }.max() ?? 0
      guard largest > 0 else { continue }
      // A line at 100 % would flatten all others.
      let fresh = counts.filter { $0.bins.keys.max() == 0 }.map(\.name)
      let names = Comparison.distinct(counts.map(\.name))
      let width = largest / Self.pointCount + 1
      let series = zip(counts, names).map { entry, name in
        // It keeps its place, so that the others have the same colours in every figure.
        guard entry.bins.keys.max() != 0 else { return Chart.Series(name: "", points: []) }
        // Whole numbers are added up, so that the order of a dictionary doesn't matter.
        var counted = Array(repeating: 0, count: largest / width + 1)
        for (staleness, count) in entry.bins {
          counted[staleness / width] = Self.sum(counted[staleness / width], count)
        }
        let total = counted.reduce(0) { $0 + Double($1) }
        let shares = counted.map { Double($0) / total }
        // Half a bin beyond the last number, where there is nothing.
        let last = (shares.lastIndex { $0 > 0 } ?? 0) + 1
        let points = (0...last).map { bin in
          let share = 100 * (bin < shares.count ? shares[bin] : 0)
          let start = Double(bin) * Double(width) - (width == 1 ? 0.5 : 0)
          return Chart.Point(x: start, y: share, low: share, high: share, count: entry.runs)
        }
        return Chart.Series(name: name, points: points, look: .steps)
      }
      let chart = Chart(
        x: .init(label: "staleness τ", unit: "updates"),
        y: .init(
          label: width == 1 ? "share of reads" : "share of reads in each \(width) updates",
          unit: "%", includesZero: true, isLinear: true), series: series)
      var notes = Self.notes(chart)
      if !fresh.isEmpty {
        notes.append("Not drawn, because every read was fresh: \(fresh.joined(separator: ", ")).")
      }
      notes += omissions
      figures.append(
        Figure(
          name: Self.slug(["staleness", slice.name]),
          title: "Staleness" + (slice.name.isEmpty ? "" : ": \(slice.name)"),
          caption: width == 1
            ? "Each step is one number of updates, over all seeds together."
            : "Each step is \(width) numbers of updates, over all seeds together.",
          content: .lines(chart), notes: notes))
    }
    return figures
  }

  mutating func ensembleFigures() -> [Figure] {
    var figures: [Figure] = []
    for abscissa in abscissas {
      for (name, title, unit, number) in [
        (
          "stationary", "Stationary mean square", nil as String?,
          { (run: StoredRun) in run.record.ensemble.stationaryMeanSquare }
        ),
        (
          "growth", "Growth rate of the mean square", "per update",
          { (run: StoredRun) in run.record.ensemble.growthRate }
        ),
        (
          "path-growth", "Growth rate of single paths", "per update",
          { (run: StoredRun) in
            run.record.ensemble.growthRate == nil ? run.record.ensemble.pathGrowthRate : nil
          }
        ),
      ] where section.runs.contains(where: { number($0) != nil }) {
        figures += comparisons(
          name, title,
          y: .init(label: title.lowercased(), unit: unit, prefersLogarithm: name == "stationary"),
          along: abscissa, [("", number)])
      }
    }
    for slice in settings.slices {
      let series = slice.lines.compactMap { line -> Chart.Series? in
        guard let run = line.groups.first?.runs.first, run.record.ensemble.replicas > 1,
          run.record.ensemble.mean.count > 1
        else {
          return nil
        }
        let mean = run.record.ensemble.mean
        let points = Self.places(mean.count).compactMap { place -> Chart.Point? in
          guard let value = mean[place].value, value.isFinite else { return nil }
          return Chart.Point(
            x: Double(mean[place].update), y: value, low: value, high: value,
            count: run.record.ensemble.replicas)
        }
        return points.isEmpty ? nil : Chart.Series(name: line.name, points: points, look: .curve)
      }
      guard !series.isEmpty else { continue }
      let chart = Chart(
        x: .init(label: "updates", includesZero: true),
        y: .init(label: "replica mean of the first coordinate"), series: Self.named(series))
      figures.append(
        Figure(
          name: Self.slug(["ensemble-mean", slice.name]),
          title: "Replica mean" + (slice.name.isEmpty ? "" : ": \(slice.name)"),
          caption: "The first seed of each setting.", content: .lines(chart),
          notes: Self.notes(chart) + omissions))
    }
    return figures
  }
}
