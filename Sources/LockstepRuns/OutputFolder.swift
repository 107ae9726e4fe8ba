import Foundation
import LockstepCore

/// The folder that `--out` names: made if it is missing, and each file in it whole or not there.
public struct OutputFolder: Sendable {
  /// Where it is.
  public let path: String

  /// Makes the folder, finds out before the work begins whether it can be written to, and removes
  /// what killed processes have left in it.
  ///
  /// - Throws: ``OutputError``.
  public init(_ path: String) throws(OutputError) {
    self.path = path
    do throws(SystemCallError) {
      try OutputFile.makeFolder(path)
      try OutputFile.check(folder: path)
    } catch {
      let isFile = error.code == ENOTDIR && InputFile.exists(path)
      throw OutputError(path: path, reason: isFile ? "is a file, not a folder" : error.reason)
    }
  }

  /// Refuses a folder that holds the results of something else, which would be lost.
  ///
  /// What is `null` is as good as not there: earlier versions wrote fewer options.
  ///
  /// - Parameters:
  ///   - name: the file of results, a JSON document.
  ///   - key: where in it stands what it is of.
  ///   - value: what is to be written now.
  /// - Throws: ``OutputError`` where such a file is there and is of something else, or of nothing
  ///   that can be recognised.
  public func check(
    that name: String, is value: some Encodable, under key: String
  ) throws(OutputError) {
    let contents: [UInt8]
    do throws(SystemCallError) {
      contents = try InputFile.read("\(path)/\(name)")
    } catch {
      if error.code == ENOENT { return }
      throw OutputError(path: "\(path)/\(name)", error)
    }
    let there =
      (try? JSONSerialization.jsonObject(with: Data(contents))).flatMap { $0 as? [String: Any] }?[
        key] as? NSObject
    let new = (try? JSONEncoder().encode([value])).flatMap {
      (try? JSONSerialization.jsonObject(with: $0)) as? [NSObject]
    }?.first
    guard let there, let new, Self.said(there).isEqual(Self.said(new)) else {
      throw OutputError(
        path: path,
        reason: "\(name) there holds the results of something else; take another --out, or remove "
          + "the file")
    }
  }

  /// A value of JSON without the members that are `null`.
  private static func said(_ value: NSObject) -> NSObject {
    guard let members = value as? [String: NSObject] else { return value }
    return members.filter { !($0.value is NSNull) } as NSDictionary
  }

  /// Writes a file.
  ///
  /// - Throws: ``OutputError``.
  public func write(_ data: Data, as name: String) throws(OutputError) {
    try Self.write(data, to: path + "/" + name)
  }

  /// Writes a file anywhere, as ``OutputFile`` does.
  ///
  /// - Throws: ``OutputError``.
  public static func write(_ data: Data, to file: String) throws(OutputError) {
    let result = data.withUnsafeBytes { bytes -> Result<Void, SystemCallError> in
      Result { () throws(SystemCallError) in try OutputFile.write([bytes], to: file) }
    }
    do throws(SystemCallError) {
      try result.get()
    } catch {
      throw OutputError(path: file, error)
    }
  }

  /// Finds out before the work begins whether a file can be written.
  ///
  /// - Throws: ``OutputError``.
  public static func check(file: String) throws(OutputError) {
    do throws(SystemCallError) {
      try OutputFile.check(file)
    } catch {
      throw OutputError(path: file, error)
    }
  }

  /// Refuses outputs of which one would be written over another.
  ///
  /// - Parameter files: the paths, each with what says that it is written.
  /// - Throws: ``OutputError``.
  public static func requireDistinct(_ files: [(what: String, path: String)]) throws(OutputError) {
    var taken: [String: String] = [:]
    for file in files {
      let place: String?
      do throws(SystemCallError) {
        place = try OutputFile.place(of: file.path)
      } catch {
        throw OutputError(path: file.path, error)
      }
      guard let place else { continue }
      if let other = taken.updateValue(file.what, forKey: place) {
        throw OutputError(
          path: file.path, reason: "\(other) and \(file.what) go to this one file; name another")
      }
    }
  }
}
