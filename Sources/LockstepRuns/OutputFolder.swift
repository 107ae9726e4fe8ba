import Foundation

/// The folder that `--out` names: made if it is missing, and each file in it whole or not there.
public struct OutputFolder: Sendable {
  /// Where it is.
  public let path: String

  /// Makes the folder, and finds out before the work begins whether it can be written to.
  ///
  /// - Throws: ``OutputError``.
  public init(_ path: String) throws(OutputError) {
    self.path = path
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
      throw OutputError(path: path, reason: "is a file, not a folder")
    }
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true)
    } catch {
      throw OutputError(path: path, reason: OutputError.reason(error))
    }
    try Self.probe(folder: path, for: path)
  }

  /// Writes a file by way of a temporary one beside it.
  ///
  /// - Throws: ``OutputError``.
  public func write(_ data: Data, as name: String) throws(OutputError) {
    try Self.write(data, to: path + "/" + name)
  }

  /// Writes a file anywhere by way of a temporary one beside it.
  ///
  /// - Throws: ``OutputError``.
  public static func write(_ data: Data, to file: String) throws(OutputError) {
    do {
      try data.write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw OutputError(path: file, reason: OutputError.reason(error))
    }
  }

  /// Finds out before the work begins whether a file can be written.
  ///
  /// - Throws: ``OutputError``.
  public static func check(file: String) throws(OutputError) {
    let folder = (file as NSString).deletingLastPathComponent
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: file, isDirectory: &isFolder), isFolder.boolValue {
      throw OutputError(path: file, reason: "is a folder")
    }
    try probe(folder: folder.isEmpty ? "." : folder, for: file)
  }

  /// Makes a file in a folder and removes it again: permissions alone don't say that one can be made.
  private static func probe(folder: String, for path: String) throws(OutputError) {
    let file = "\(folder)/.lockstep-\(getpid()).partial"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw OutputError(path: path, reason: String(cString: strerror(errno)))
    }
    close(descriptor)
    unlink(file)
  }
}
