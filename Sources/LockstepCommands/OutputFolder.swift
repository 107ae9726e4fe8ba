import Foundation

/// The folder that `--out` names: made if it is missing, and each file in it whole or not there.
struct OutputFolder {
  let path: String

  /// Makes the folder, and finds out before the work begins whether it can be written to.
  ///
  /// - Throws: ``OutputError``.
  init(_ path: String) throws(OutputError) {
    self.path = path
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true)
    } catch {
      throw OutputError(path: path, reason: OutputError.reason(error))
    }
    guard access(path, W_OK) == 0 else {
      throw OutputError(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Writes a file by way of a temporary one beside it.
  ///
  /// - Throws: ``OutputError``.
  func write(_ data: Data, as name: String) throws(OutputError) {
    let file = path + "/" + name
    do {
      try data.write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw OutputError(path: file, reason: OutputError.reason(error))
    }
  }

  /// Finds out before the work begins whether a file can be written.
  ///
  /// - Throws: ``OutputError``.
  static func check(file: String) throws(OutputError) {
    let folder = (file as NSString).deletingLastPathComponent
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
      throw OutputError(path: file, reason: "is a folder")
    }
    guard access(folder.isEmpty ? "." : folder, W_OK) == 0 else {
      throw OutputError(path: file, reason: String(cString: strerror(errno)))
    }
  }
}
