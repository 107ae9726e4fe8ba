import Foundation

/// Values of axes that depend on the machine.
enum MachineValue {
  /// The number of workers that stands for one per core.
  static let allCores = "all-cores"
  /// The numbers of workers 1, 2, 4, … below one per core, and one per core; for axes.
  static let upToAllCores = "up-to-all-cores"

  /// A value as this machine has it.
  ///
  /// - Parameters:
  ///   - text: the value as it is written.
  ///   - name: the option that it is a value of; `all-cores` is one of `workers` only.
  static func resolved(_ text: String, of name: String) -> String {
    name == "workers" && text == allCores ? "\(cores)" : text
  }

  /// The values of an axis as this machine has them.
  ///
  /// Each once, if the machine decides on one of them: on a machine with a single core, `1` and `all-cores`
  /// are the same.
  static func resolved(_ texts: [String], of name: String) -> [String] {
    guard name == "workers", texts.contains(where: { [allCores, upToAllCores].contains($0) }) else {
      return texts
    }
    return texts.flatMap { $0 == upToAllCores ? doublings(to: cores) : [resolved($0, of: name)] }
      .uniqued
  }

  /// 1, 2, 4, … below a number, and the number.
  static func doublings(to count: Int) -> [String] {
    let powers = sequence(first: 1) { $0 * 2 }.prefix { $0 < count }
    return (powers + [count]).map { "\($0)" }
  }

  private static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }
}

extension Array where Element: Hashable {
  /// Each element once, where it first stands.
  package var uniqued: [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
