import LockstepCore
import LockstepStudies
import LockstepTelemetry
import Testing

@testable import LockstepReports

@Suite struct FigureTests {
  private func figures(_ runs: [StoredRun]) -> [Figure] {
    FigureMaker.figures(of: Section(name: "", runs: runs)).figures
  }

  private func lines(of figure: Figure?) -> Chart? {
    guard case .lines(let chart) = figure?.content else { return nil }
    return chart
  }

  @Test func `policies and workers yield the figures that they have data for`() {
    let names = figures(SyntheticResults.grid()).map(\.name)
    for name in [
      "noise-interaction-on-the-current-batch-workers",
      "noise-staleness-on-the-held-out-set-workers",
      "noise-interaction-on-the-other-batch-staleness", "throughput-workers", "speed-up-workers",
      "loss-by-updates-workers-1", "loss-by-time-workers-8", "staleness-workers-1",
    ] { #expect(names.contains(name), "\(name) in \(names)") }
    #expect(names.contains("time-split"))
    #expect(Set(names).count == names.count)
    #expect(!names.contains { $0.contains("target") || $0.contains("ensemble") })
  }

  @Test func `virtual runs show only what took time`() {
    func names(_ change: (inout RunRecord) -> Void) -> Set<String> {
      let runs = (1...3).map { seed in
        SyntheticResults.run(seed, [:], seed: seed) { record in
          record.configuration["engine"] = .text("virtual")
          change(&record)
        }
      }
      return Set(figures(runs).map(\.name))
    }
    let whole = names { $0.virtualTime = 10 }
    #expect(whole.isSuperset(of: ["loss-by-time", "time-split"]))
    let busy = names { record in
      record.virtualTime = 10
      for worker in record.workers.indices {
        record.workers[worker].readSeconds = 0
        record.workers[worker].applySeconds = 0
        record.workers[worker].waitSeconds = 0
      }
    }
    #expect(whole.subtracting(busy) == ["time-split"])
    let delayed = names { record in
      record.loss.curve = record.loss.curve.map {
        LossPoint(update: $0.update, time: 0, loss: $0.loss)
      }
    }
    #expect(delayed.contains("loss-by-updates") && !delayed.contains("loss-by-time"))
  }

  @Test func `shares of staleness are quotients of whole numbers`() throws {
    let run = SyntheticResults.run(1, [:]) { record in
      record.staleness.histogram = (0..<280).map { [$0, $0 + 1] }
    }
    let chart = try #require(lines(of: figures([run]).first { $0.name == "staleness" }))
    let points = try #require(chart.series.first).points
    for point in points.dropLast() {
      let count = (0..<7).reduce(0) { $0 + Int(point.x) + $1 + 1 }
      #expect(point.y == 100 * (Double(count) / Double(280 * 281 / 2)))
    }
    #expect(points.count == 41)
  }

  @Test func `points are medians over the seeds of one setting`() throws {
    let runs = SyntheticResults.grid(seeds: 3)
    let figure = figures(runs).first { $0.name == "throughput-workers" }
    let chart = try #require(lines(of: figure))
    #expect(chart.series.map(\.name) == ["barrier", "bounded:4", "hogwild"])
    for series in chart.series {
      for point in series.points {
        let values = runs.filter {
          $0.axes["policy"] == .text(series.name) && $0.axes["workers"] == .integer(Int(point.x))
        }.compactMap(\.record.throughput.samplesPerSecond).sorted()
        #expect(values.count == 3 && point.count == 3)
        #expect(point.y == values[1])
        #expect(point.low >= values[0] && point.high <= values[2])
      }
    }
  }

  @Test func `an exact power law is fitted and told`() throws {
    let runs = (1...6).flatMap { seed in
      [16, 64, 256].map { width in
        SyntheticResults.run(width, ["model": .text("mlp:\(width)")], seed: seed) { record in
          record.parameterCount = 75 * width + 10
          let penalty = 1e-6 * Double(record.parameterCount) * Double(seed)
          record.noise = [SyntheticResults.probe(1, "current", shards: 4, penalty)]
        }
      }
    }
    let figure = try #require(figures(runs).first { $0.name == "noise-interaction-parameters" })
    let fit = try #require(figure.fits.first)
    #expect(abs(fit.law.exponent.value - 1) < 1e-9)
    #expect(fit.law.interval == .seeds(6))
    let frame = Frame(try #require(lines(of: figure)))
    #expect(frame.xScale == .logarithmic && frame.yScale == .logarithmic)
  }

  @Test func `numbers below 0 stay on the chart`() throws {
    let runs = (1...3).flatMap { seed in
      [1, 2, 3].map { depth in
        SyntheticResults.run(
          depth,
          ["model": .text("mlp:" + Array(repeating: "8", count: depth).joined(separator: "x"))],
          seed: seed
        ) {
          $0.noise = [SyntheticResults.probe(1, "current", shards: 4, depth == 2 ? -0.01 : 0.01)]
        }
      }
    }
    let figure = figures(runs).first { $0.name == "noise-interaction-depth" }
    let points = try #require(lines(of: figure)?.series.first?.points)
    #expect(points.map { $0.y < 0 } == [false, true, false])
  }

  @Test func `final losses are drawn along the staleness bound`() throws {
    let policies = ["barrier", "bounded:0", "bounded:4", "bounded:16", "hogwild"]
    let runs = SyntheticResults.grid(policies: policies, workers: [2, 4])
    // With noise probes, too, and with a line for each number of workers.
    let chart = try #require(lines(of: figures(runs).first { $0.name == "loss-bound" }))
    #expect(chart.x.label == "staleness bound S")
    #expect(chart.series.map(\.name) == ["workers 2", "workers 4"])
    for series in chart.series {
      #expect(series.points.map(\.x) == [0, 4, 16])
      #expect(series.points.allSatisfy { $0.count == 3 && $0.low <= $0.y && $0.y <= $0.high })
    }
    let one = SyntheticResults.grid(policies: ["barrier", "bounded:4"], workers: [2, 4])
    #expect(!figures(one).contains { $0.name.hasSuffix("bound") })
  }

  @Test func `probes at several splits yield a figure against shards`() throws {
    let runs = (1...3).map { seed in
      SyntheticResults.run(seed, [:], seed: seed) { record in
        record.noise = [2, 16, 1210].map {
          SyntheticResults.probe(1, "current", shards: $0, 0.001 * Double($0))
        }
      }
    }
    let figure = figures(runs).first { $0.name == "noise-interaction-shards" }
    #expect(lines(of: figure)?.series.first?.points.map(\.x) == [2, 16, 1210])
  }

  @Test func `runs that miss the target are told, not dropped`() throws {
    var runs = SyntheticResults.grid(policies: ["barrier", "hogwild"], workers: [1, 2, 4])
    for index in runs.indices {
      runs[index].record.configuration["targetLoss"] = .number(0.6)
      if runs[index].axes["policy"] == .text("hogwild"), runs[index].axes["workers"] == .integer(4)
      {
        runs[index].record.loss.curve = [LossPoint(update: 0, time: 0, loss: 2.3)]
      }
    }
    let figure = try #require(figures(runs).first { $0.name == "updatestotarget-workers" })
    #expect(lines(of: figure)?.series.last?.points.map(\.x) == [1, 2])
    #expect(figure.notes.contains { $0.contains("hogwild at workers 4 (0 of 3)") })
  }

  @Test func `paired axes are one axis`() throws {
    let runs = (1...3).flatMap { seed in
      [(1, 0.1), (2, 0.05), (4, 0.025)].map { workers, rate in
        SyntheticResults.run(
          workers, ["workers": .integer(workers), "learning-rate": .number(rate)], seed: seed)
      }
    }
    let figure = figures(runs).first { $0.name == "throughput-workers" }
    #expect(
      lines(of: figure)?.series.count == nil || lines(of: figure)?.series.first?.points.count == 3)
    let loss = figures(runs).first { $0.name == "loss-workers" }
    #expect(lines(of: loss)?.series.first?.points.count == 3)
  }

  @Test func `many settings are cut into figures, and the rest is told`() throws {
    let runs = (1...12).flatMap { batch in
      SyntheticResults.grid(workers: [1, 2], seeds: 1).map { run in
        var run = run
        run.axes["batch"] = .integer(batch)
        return run
      }
    }
    let all = figures(runs)
    #expect(all.count { !$0.isAside && $0.name.hasPrefix("noise") } <= FigureMaker.largestCount)
    #expect(all.contains { $0.name.hasPrefix("noise-staleness") })
    let throughput = all.filter { $0.name.hasPrefix("throughput-workers") }
    #expect(throughput.count == Comparison.largestSliceCount)
    #expect(
      throughput.last?.notes == [
        "8 more such figures for other settings are left out; results.csv has the numbers."
      ])
    for figure in all { #expect((lines(of: figure)?.series.count ?? 0) <= Ink.seriesCount + 1) }
  }

  @Test func `values are ordered as people list them`() {
    #expect(NaturalOrder.sorted(["16", "2", "0.5", "1"]) == ["0.5", "1", "2", "16"])
    #expect(
      NaturalOrder.sorted(["locked", "bounded:16", "hogwild", "bounded:4", "barrier"])
        == ["barrier", "bounded:4", "bounded:16", "hogwild", "locked"])
    #expect(
      NaturalOrder.sorted(["mlp:32x32", "mlp:128", "mlp:32", "mlp:0"])
        == ["mlp:0", "mlp:32", "mlp:128", "mlp:32x32"])
    #expect(Comparison.distinct(["relu, a", "relu, b"]) == ["a", "b"])
    #expect(Comparison.distinct(["relu", "relu, b"]) == ["relu", "relu, b"])
  }

  @Test func `tables hold what is drawn`() throws {
    let figure = try #require(
      figures(SyntheticResults.grid()).first { $0.name == "speed-up-workers" })
    #expect(
      figure.table.first == [
        "series", "workers", "speed-up over 1 worker", "low", "high", "runs",
      ])
    // The line for comparison is no measurement.
    #expect(figure.table.count == 1 + 3 * 4)
    #expect(figure.table[1] == ["barrier", "1", "1", "1", "1", "3"])
  }
}
