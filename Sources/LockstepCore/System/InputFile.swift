import Glibc

/// Whole files that are read, by system calls, so that errors keep their codes.
public enum InputFile {
  /// Reads a file, or whatever else can be opened and read to its end.
  ///
  /// - Throws: ``SystemCallError``.
  public static func read(_ path: String) throws(SystemCallError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      contents.reserveCapacity(Int(status.st_size))
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .last
      }
      if count == 0 { return contents }
      contents.append(contentsOf: chunk[..<count])
    }
  }

  /// Whether there is something at a path, of whatever kind.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
