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

  /// The first bytes of a regular file.
  ///
  /// - Parameters:
  ///   - path: the file; a link is followed.
  ///   - count: how many; less if the file is shorter.
  /// - Returns: `nil` for what is no regular file, or cannot be read.
  package static func startOfRegularFile(_ path: String, count: Int) -> [UInt8]? {
    // A FIFO is not waited for.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = Glibc.read(descriptor, &bytes, count)
    return read < 0 ? nil : Array(bytes[..<read])
  }

  /// Whether there is something at a path, of whatever kind.
  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
