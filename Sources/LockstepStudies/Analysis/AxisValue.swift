import Foundation
import LockstepCore
import LockstepTelemetry

/// The numbers within an option's value.
enum AxisValue {
  /// The number that a value stands for.
  ///
  /// A number is itself. Of a text such as `constant:4`, `bounded:4`, `gamma:1,0.5` or
  /// `uniform:0..8` it is the first number after the colon, of a range the upper end. Text without
  /// one, or with a list such as `mlp:64x64` of more than one width, has none.
  static func number(_ value: ConfigurationValue) -> Double? {
    switch value {
    case .integer(let value): return Double(value)
    case .number(let value): return value
    case .null: return nil
    case .text(let text):
      if let number = Double(text) { return number }
      guard let first = argument(of: text) else { return nil }
      if let number = Double(first) { return number }
      return first.firstRange(of: "..").flatMap { Double(first[$0.upperBound...]) }
    }
  }

  /// A named part of a value: `width` and `depth` of a network, or `KEY` of `KEY=NUMBER`.
  static func part(_ name: String, of value: ConfigurationValue) -> Double? {
    guard case .text(let text) = value else { return nil }
    if text.hasPrefix("mlp:"), name == "width" || name == "depth" {
      guard let list = argument(of: text) else { return nil }
      if list == "0" { return name == "depth" ? 0 : nil }
      let widths = list.split(separator: "x").compactMap { Int($0) }
      return name == "depth" ? Double(widths.count) : widths.max().map(Double.init)
    }
    guard let colon = text.firstIndex(of: ":") else { return nil }
    for option in text[text.index(after: colon)...].split(separator: ",") {
      let sides = option.split(separator: "=", maxSplits: 1)
      if sides.count == 2, sides[0] == name { return Double(sides[1]) }
    }
    return nil
  }

  /// What stands between the colon and the first comma.
  private static func argument(of text: String) -> Substring? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    return text[text.index(after: colon)...].split(separator: ",").first
  }
}

extension ConfigurationValue {
  /// The value as it is written on the command line; `null` is `–`.
  public var spelling: String {
    switch self {
    case .text(let value): value
    case .integer(let value): "\(value)"
    case .number(let value): Int(exactly: value).map { "\($0)" } ?? "\(value)"
    case .null: "–"
    }
  }
}

extension [String: ConfigurationValue] {
  /// The values of axes but for some, as text that is the same wherever the values are.
  package func setting(without names: String...) -> String {
    filter { !names.contains($0.key) }.sorted { $0.key < $1.key }
      .map { "\($0.key)=\($0.value.spelling)" }.joined(separator: "\n")
  }
}

extension Array {
  /// The elements by a key, in the order of the first of each.
  package func grouped(by key: (Element) -> String) -> [[Element]] {
    var index: [String: Int] = [:]
    return reduce(into: []) { groups, element in
      let group = index[key(element), default: groups.count]
      index[key(element)] = group
      if group == groups.count { groups.append([]) }
      groups[group].append(element)
    }
  }
}

extension Sample {
  /// The median of those that are finite numbers; `nil` where none is.
  static func median(ofFinite values: [Double?]) -> Double? {
    let values = values.compactMap(\.self).filter(\.isFinite)
    return values.isEmpty ? nil : Sample(values).median
  }
}

extension StoredRun {
  /// The value of an axis or, where the plan fixed it, of the option in the configuration.
  ///
  /// - Parameter name: the option's name without dashes in front, such as `learning-rate`.
  public func option(_ name: String) -> ConfigurationValue? {
    if let value = axes[name] { return value }
    // Written one by one, recorded together.
    if let value = record.configuration[name == "fault" ? "faults" : name] { return value }
    guard name.contains("-") else { return nil }
    let words = name.split(separator: "-")
    return record.configuration[words[0] + words.dropFirst().map(\.capitalized).joined()]
  }

  /// The seed as a whole number; 0 where it is none.
  public var seed: Int {
    switch option("seed") {
    case .integer(let value): value
    case .text(let text): UInt64(text).map { Int(truncatingIfNeeded: $0) } ?? 0
    default: 0
    }
  }
}
