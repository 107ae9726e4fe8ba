import Foundation
import Lockstep

/// The claims of a study as a table for the terminal.
struct ClaimTable {
  /// The table, with what comes of it in a line.
  let text: String

  init(_ result: StudyResult) {
    var text = ""
    for claim in result.claims {
      let mark =
        switch claim.verdict {
        case .reproduced: "✓ reproduced"
        case .notReproduced: "✗ not reproduced"
        case .inconclusive: "? inconclusive"
        }
      text += Format.wrapped(claim.statement, columns: 100, head: mark.padded(to: 18))
      var number = claim.estimate.map(Format.number) ?? "nothing to measure"
      if let low = claim.low, let high = claim.high, low != high {
        let range = claim.interval == "range" ? "range " : ""
        number += " (\(range)\(Format.number(low)) to \(Format.number(high)))"
      }
      number += ", expected \(claim.expected)"
      if let remark = claim.remark { number += "; \(remark)" }
      text += Format.wrapped(number, columns: 100, head: "".padded(to: 18))
    }
    let counts = [
      (ClaimVerdict.reproduced, "reproduced"), (.notReproduced, "not reproduced"),
      (.inconclusive, "inconclusive"),
    ].map { verdict, word in
      "\(result.claims.count { $0.verdict == verdict }) \(word)"
    }
    let runs = NumberText.counted(result.runs, "run")
    self.text = text + "\n\(counts.joined(separator: ", ")), on \(runs)\n"
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
