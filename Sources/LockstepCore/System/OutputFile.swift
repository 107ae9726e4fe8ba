import Glibc

/// Whole files that are written: the one way in which Lockstep writes a file that is not appended to.
///
/// A regular file appears whole or not at all: its contents go to a new file beside it, which then
/// takes its name; the permissions of the old one stay. What is no regular file, such as a device or
/// a FIFO, is opened and written to. A symbolic link is followed, and stays.
public enum OutputFile {
  /// Writes bytes, some after the other.
  ///
  /// - Throws: ``SystemCallError``; a regular file has its old contents then.
  public static func write(
    _ pieces: [UnsafeRawBufferPointer], to path: String
  ) throws(SystemCallError) {
    _ = Descriptor.sizeLimitIsAnError
    guard let status = try status(of: path) else {
      return try replace(try end(of: path), keeping: nil, pieces)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { return try writeThrough(path, pieces) }
    if let stream = standardStream(status) {
      // `/dev/stdout` of a redirected command: what is printed later belongs into the same file.
      for piece in pieces { try Descriptor.write(piece, to: stream) }
      return
    }
    try replace(try end(of: path), keeping: status, pieces)
  }

  /// Writes bytes.
  ///
  /// - Throws: ``SystemCallError``; a regular file has its old contents then.
  public static func write(_ contents: [UInt8], to path: String) throws(SystemCallError) {
    try contents.withUnsafeBufferPointer { bytes throws(SystemCallError) in
      try write([UnsafeRawBufferPointer(bytes)], to: path)
    }
  }

  /// Finds out before the work begins whether a file can be written, and removes what killed
  /// processes have left beside it.
  ///
  /// Permissions alone don't say that a file can be made in a folder: one is made, and removed.
  ///
  /// - Throws: ``SystemCallError``.
  public static func check(_ path: String) throws(SystemCallError) {
    if let status = try status(of: path) {
      guard access(path, W_OK) == 0 else { throw .last }
      guard status.st_mode & S_IFMT == S_IFREG, standardStream(status) == nil else { return }
    }
    try check(folder: folder(of: try end(of: path)))
  }

  /// Where a file that is written to a path comes to stand, links and folders resolved.
  ///
  /// - Returns: `nil` for what is no regular file: there one thing may be written after another.
  /// - Throws: ``SystemCallError``, where its folder isn't there.
  public static func place(of path: String) throws(SystemCallError) -> String? {
    if let status = try status(of: path) {
      guard status.st_mode & S_IFMT == S_IFREG, standardStream(status) == nil else { return nil }
    }
    let end = try end(of: path)
    guard let resolved = realpath(folder(of: end), nil) else { throw .last }
    defer { free(resolved) }
    let name = end.split(separator: "/").last.map(String.init) ?? ""
    return String(cString: resolved) + "/" + name
  }

  /// Finds out whether files can be made in a folder, and removes what killed processes have left.
  ///
  /// - Throws: ``SystemCallError``.
  public static func check(folder: String) throws(SystemCallError) {
    PartialFiles.removeStale(in: folder)
    PartialFiles.discard(try PartialFiles.make(in: folder))
  }

  /// Makes a folder, with those that it lies in.
  ///
  /// - Throws: ``SystemCallError``; `ENOTDIR` where something else has its name.
  public static func makeFolder(_ path: String) throws(SystemCallError) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemCallError(code: ENOTDIR) }
      return
    }
    guard errno == ENOENT else { throw .last }
    let above = folder(of: path)
    if above != path, above != "." { try makeFolder(above) }
    // Another process may have made it meanwhile.
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .last }
  }

  /// What is at the path, links followed; `nil` where there is nothing.
  private static func status(of path: String) throws(SystemCallError) -> stat? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return nil }
      throw .last
    }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw SystemCallError(code: EISDIR) }
    return status
  }

  /// Standard output or error, where it is this very file.
  private static func standardStream(_ status: stat) -> Int32? {
    [STDOUT_FILENO, STDERR_FILENO].first { descriptor in
      var stream = stat()
      return fstat(descriptor, &stream) == 0 && stream.st_dev == status.st_dev
        && stream.st_ino == status.st_ino
    }
  }

  private static func writeThrough(
    _ path: String, _ pieces: [UnsafeRawBufferPointer]
  ) throws(SystemCallError) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw .last }
    do throws(SystemCallError) {
      for piece in pieces { try Descriptor.write(piece, to: descriptor) }
    } catch {
      close(descriptor)
      throw error
    }
    guard close(descriptor) == 0 else { throw .last }
  }

  private static func replace(
    _ path: String, keeping old: stat?, _ pieces: [UnsafeRawBufferPointer]
  ) throws(SystemCallError) {
    let file = try PartialFiles.make(in: folder(of: path))
    do throws(SystemCallError) {
      for piece in pieces { try Descriptor.write(piece, to: file.descriptor) }
      if let old {
        // Only root can give a file away; others keep what they make.
        _ = fchown(file.descriptor, old.st_uid, old.st_gid)
        _ = fchmod(file.descriptor, old.st_mode & 0o7777)
      }
      // Without this, a crash of the machine could leave the name with an empty file.
      guard fsync(file.descriptor) == 0 || errno == EINVAL else { throw .last }
    } catch {
      PartialFiles.discard(file)
      throw error
    }
    try PartialFiles.finish(file, as: path)
  }

  /// Where a path leads in the end, if its last part is a symbolic link, also to nothing.
  private static func end(of path: String) throws(SystemCallError) -> String {
    var path = path
    for _ in 0..<40 {
      var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let count = target.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return -1 }
        return readlink(path, base.assumingMemoryBound(to: CChar.self), bytes.count)
      }
      // Whatever is no link, or isn't there, is the end.
      guard count >= 0 else { return path }
      let next = String(decoding: target[..<count], as: UTF8.self)
      path = next.hasPrefix("/") ? next : "\(folder(of: path))/\(next)"
    }
    throw SystemCallError(code: ELOOP)
  }

  /// The folder that a path's last part lies in.
  private static func folder(of path: String) -> String {
    var parts = Substring(path)
    while parts.count > 1, parts.last == "/" { parts.removeLast() }
    guard let slash = parts.lastIndex(of: "/") else { return "." }
    return slash == parts.startIndex ? "/" : String(parts[..<slash])
  }
}
