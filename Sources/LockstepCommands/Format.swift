import Foundation
import Lockstep

/// Numbers as people read them.
enum Format {
  /// A resolved option, for a person.
  static func option(_ value: ConfigurationValue) -> String {
    switch value {
    case .text(let value): value
    case .integer(let value): "\(value)"
    case .number(let value): number(value)
    case .null: "–"
    }
  }

  /// A whole number with thousands separated by commas.
  static func count(_ value: Int) -> String { NumberText.grouped(value) }

  /// A number with four significant digits.
  static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    if value == 0 { return "0" }
    let magnitude = value.magnitude
    if magnitude >= 1e5 || magnitude < 1e-3 { return String(format: "%.3e", value) }
    let decimals = max(0, 3 - Int(log10(magnitude).rounded(.down)))
    return String(format: "%.\(decimals)f", value)
  }

  /// A rate with a unit prefix.
  static func rate(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    for (limit, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where value >= limit {
      return String(
        format: "%.\(value / limit >= 100 ? 0 : value / limit >= 10 ? 1 : 2)f %@",
        value / limit, unit)
    }
    // Three significant digits, and one decimal at least.
    guard value > 0, value < 10 else { return String(format: "%.1f ", value) }
    if value < 1e-3 { return String(format: "%.2e ", value) }
    return String(format: "%.\(2 - Int(log10(value).rounded(.down)))f ", value)
  }

  /// A share as a percentage.
  static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return "–" }
    return String(format: "%.1f %%", share * 100)
  }

  /// Seconds, with a unit that fits.
  static func seconds(_ value: Double) -> String {
    if value >= 1 || value == 0 { return String(format: "%.2f s", value) }
    if value >= 1e-3 { return String(format: "%.2f ms", value * 1e3) }
    if value >= 1e-6 { return String(format: "%.2f µs", value * 1e6) }
    return String(format: "%.0f ns", value * 1e9)
  }

  /// An estimated time: two digits, in a unit that fits.
  static func roughly(_ seconds: Double) -> String {
    guard seconds >= 1 else { return Self.seconds(seconds) }
    let (value, unit) =
      seconds < 100
      ? (seconds, "s") : seconds < 6000 ? (seconds / 60, "min") : (seconds / 3600, "h")
    return String(format: value < 9.95 ? "%.1f %@" : "%.0f %@", value, unit)
  }

  /// A sentence in lines of at most 120 columns.
  static func wrapped(_ text: String) -> String {
    var lines = [""]
    for word in text.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + 1 + word.count <= 120 {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A table: columns as wide as their widest cell, the first one left-aligned, the rest right.
  static func table(_ rows: [[String]]) -> String {
    guard let columns = rows.map(\.count).max() else { return "" }
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + padding : padding + cell
      }
      return cells.joined(separator: "  ").trimmingTrailingSpaces + "\n"
    }.joined()
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}
