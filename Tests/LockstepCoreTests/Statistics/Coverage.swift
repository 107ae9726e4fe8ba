import Foundation
import LockstepCore

/// How often an interval holds the truth that it is about, by drawing samples from a law.
struct Coverage {
  /// A law of measurements.
  enum Law: String, CaseIterable {
    case normal
    case exponential
    case lognormal
    case pareto = "Pareto"

    func draw(from stream: inout RandomStream) -> Double {
      switch self {
      case .normal: stream.normal()
      case .exponential: stream.exponential()
      case .lognormal: exp(stream.normal())
      // A tail index of 1.5: the variance is infinite.
      case .pareto: Foundation.pow(stream.openUniform(), -1 / 1.5)
      }
    }

    var mean: Double {
      switch self {
      case .normal: 0
      case .exponential: 1
      case .lognormal: exp(0.5)
      case .pareto: 3
      }
    }

    var median: Double {
      switch self {
      case .normal: 0
      case .exponential: log(2)
      case .lognormal: 1
      case .pareto: Foundation.pow(2, 1 / 1.5)
      }
    }
  }

  /// An interval that is tried.
  enum Method: String, CaseIterable {
    case mean
    case ratio = "ratio of means"
    case exponent
    case median
    case factor

    /// An estimate from so many seeds, and what it should be.
    func trial(_ law: Law, seeds: Int, _ stream: inout RandomStream) -> (Estimate?, Double) {
      switch self {
      case .mean:
        return (Intervals.mean((0..<seeds).map { _ in law.draw(from: &stream) }), law.mean)
      case .ratio:
        // Above the line half of what is below it, and more scatter.
        let below = (0..<seeds).map { _ in 4 + stream.normal() / 2 }
        let above = below.map { $0 / 2 + law.draw(from: &stream) - law.mean }
        return (Intervals.ratio(of: above, to: below), 0.5)
      case .exponent:
        // Each seed has a level and a slope of its own.
        var points: [PowerLaw.Point] = []
        for seed in 0..<seeds {
          let level = stream.normal()
          let slope = 0.5 + 0.1 * (law.draw(from: &stream) - law.mean)
          for x in [1.0, 4, 16, 64] {
            let y = exp(level + slope * log(x) + 0.1 * stream.normal())
            points.append(PowerLaw.Point(x: x, y: y, seed: seed))
          }
        }
        return (PowerLaw(points)?.exponent, 0.5)
      case .median:
        return (Intervals.median((0..<seeds).map { _ in law.draw(from: &stream) }), law.median)
      case .factor:
        func sample(_ scale: Double) -> CensoredSample {
          CensoredSample(
            (0..<seeds).map { _ in
              let value = law == .normal ? exp(law.draw(from: &stream)) : law.draw(from: &stream)
              return .init(time: scale * value, isCensored: false)
            })
        }
        return (sample(3).medianRatio(to: sample(1)), 3)
      }
    }
  }

  /// The share of samples whose interval held the truth.
  let held: Double
  /// The share of samples that were called skewed.
  let noted: Double
  /// What the last interval was called.
  let name: String

  init(of method: Method, _ law: Law, seeds: Int, trials: Int) {
    var (held, noted) = (0, 0)
    var name = ""
    for trial in 0..<trials {
      var stream = RandomStream(
        seed: 21, purpose: .disturbance, worker: seeds, clock: trial)
      let (estimate, truth) = method.trial(law, seeds: seeds, &stream)
      guard let estimate else { continue }
      if estimate.low <= truth, truth <= estimate.high { held += 1 }
      if estimate.isSkewed { noted += 1 }
      name = estimate.kind.name
    }
    self.held = Double(held) / Double(trials)
    self.noted = Double(noted) / Double(trials)
    self.name = name
  }

  /// The table of `Documentation/Statistics.md`.
  static func table(trials: Int) -> String {
    func percent(_ share: Double) -> String {
      let tenths = Int((share * 1000).rounded())
      return "\(tenths / 10).\(tenths % 10)"
    }
    var text = "| interval | law | 3 | 5 | 10 | 20 |\n|---|---|---|---|---|---|\n"
    for method in Method.allCases {
      for law in Law.allCases {
        let cells = [3, 5, 10, 20].map { seeds in
          let coverage = Coverage(of: method, law, seeds: seeds, trials: trials)
          let range = coverage.name == "range" ? " (range)" : ""
          let note = coverage.noted > 0 ? " (\(Int((coverage.noted * 100).rounded())) % noted)" : ""
          return percent(coverage.held) + range + note
        }
        text += "| \(method.rawValue) | \(law.rawValue) | \(cells.joined(separator: " | ")) |\n"
      }
    }
    return text
  }
}
