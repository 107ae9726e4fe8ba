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

  /// A rate with the prefix of a unit, if one follows after a space.
  static func rate(_ value: Double?, _ unit: String = "") -> String {
    guard let value, value.isFinite else { return "–" }
    let scales = [(1e9, "G"), (1e6, "M"), (1e3, "k")]
    let (scale, prefix) = scales.first { value >= $0.0 } ?? (1, "")
    let scaled = value / scale
    // Three significant digits, and without a prefix one decimal at least.
    let text =
      switch scaled {
      case 1e-3..<10: String(format: "%.\(2 - Int(log10(scaled).rounded(.down)))f", scaled)
      case 0..<1e-3 where scaled > 0: String(format: "%.2e", scaled)
      default: String(format: scaled >= 100 && scale > 1 ? "%.0f" : "%.1f", scaled)
      }
    return prefix + unit == "" ? text : "\(text) \(prefix)\(unit)"
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

  /// A sentence in lines of at most so many columns.
  ///
  /// - Parameters:
  ///   - columns: the width.
  ///   - head: what stands in front of the first line; as many spaces stand in front of the others.
  static func wrapped(_ text: String, columns: Int = 120, head: String = "") -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let line = lines.last, head.count + line.count + 1 + word.count <= columns {
        lines[lines.count - 1] = line + " " + word
      } else {
        lines.append(String(word))
      }
    }
    let margin = String(repeating: " ", count: head.count)
    return head + lines.joined(separator: "\n" + margin) + "\n"
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
