import Foundation
import LockstepCore

/// The text of a plan's file.
public enum PlanText {
  /// The largest plan: beyond it is some other file.
  static let largestSize = 16 << 20

  /// Reads a file.
  ///
  /// - Throws: ``PlanError/notFound(path:reason:)`` for one that can't be read, and
  ///   ``PlanError/file(path:line:reason:)`` for one that can't be a plan.
  public static func read(_ path: String) throws(PlanError) -> String {
    var isFolder = ObjCBool(false)
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw .notFound(path: path, reason: "is a folder, and a plan is a file")
    }
    let data: [UInt8]
    do throws(SystemCallError) {
      data = try InputFile.read(path, limit: largestSize + 1)
    } catch {
      throw .notFound(path: path, reason: error.whyUnreadable)
    }
    guard data.count <= largestSize else {
      throw .file(path: path, line: nil, reason: "is larger than 16 MiB; that is no plan")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let lines = data.prefix { $0 < 0x80 }.count { $0 == 0x0A } + 1
      throw .file(path: path, line: lines, reason: "is not UTF-8 text from here on")
    }
    return text
  }
}
