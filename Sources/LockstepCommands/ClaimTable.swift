import Foundation
import Lockstep

/// The claims of a study as a table for the terminal.
struct ClaimTable {
  /// The table, with what comes of it in a line.
  let text: String

  init(_ result: StudyResult) {
    var lines: [String] = []
    for claim in result.claims {
      let mark =
        switch claim.verdict {
        case .reproduced: "✓ reproduced"
        case .notReproduced: "✗ not reproduced"
        case .inconclusive: "? inconclusive"
        }
      lines += Self.wrap(claim.statement, first: mark.padded(to: 18), rest: 18)
      var number = claim.estimate.map(Format.number) ?? "nothing to measure"
      if let low = claim.low, let high = claim.high, low != high {
        let range = claim.interval == "range" ? "range " : ""
        number += " (\(range)\(Format.number(low)) to \(Format.number(high)))"
      }
      number += ", expected \(claim.expected)"
      if let remark = claim.remark { number += "; \(remark)" }
      lines += Self.wrap(number, first: String(repeating: " ", count: 18), rest: 18)
    }
    let counts = [
      (ClaimVerdict.reproduced, "reproduced"), (.notReproduced, "not reproduced"),
      (.inconclusive, "inconclusive"),
    ].map { verdict, word in
      "\(result.claims.count { $0.verdict == verdict }) \(word)"
    }
    let runs = NumberText.counted(result.runs, "run")
    lines += ["", "\(counts.joined(separator: ", ")), on \(runs)"]
    text = lines.joined(separator: "\n") + "\n"
  }

  /// Breaks a text into lines of at most 100 columns, with a hanging indent.
  private static func wrap(_ text: String, first: String, rest: Int) -> [String] {
    var lines: [String] = []
    var line = first
    var isEmpty = true
    for word in text.split(separator: " ") {
      if !isEmpty, line.count + 1 + word.count > 100 {
        lines.append(line)
        line = String(repeating: " ", count: rest)
        isEmpty = true
      }
      line += (isEmpty ? "" : " ") + word
      isEmpty = false
    }
    return lines + [line]
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
