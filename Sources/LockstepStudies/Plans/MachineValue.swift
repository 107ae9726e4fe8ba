import Foundation

/// Values of axes that depend on the machine.
enum MachineValue {
  /// The number of workers that stands for one per core.
  static let allCores = "all-cores"

  /// A value as this machine has it.
  ///
  /// - Parameters:
  ///   - text: the value as it is written.
  ///   - name: the option that it is a value of; `all-cores` is one of `workers` only.
  static func resolved(_ text: String, of name: String) -> String {
    name == "workers" && text == allCores ? "\(ProcessInfo.processInfo.activeProcessorCount)" : text
  }
}
