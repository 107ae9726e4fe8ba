import Foundation

/// A folder of its own for one test, removed with it.
final class TemporaryFolder {
  /// Where it is.
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func read(_ name: String) throws -> String {
    try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
  }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }
}
