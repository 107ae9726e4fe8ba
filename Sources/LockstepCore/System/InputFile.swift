import Glibc

/// Whole files that are read, by system calls, so that errors keep their codes.
public enum InputFile {
  /// What a file may take without a look at the memory there is, in bytes.
  private static let unwatched = 1 << 20

  /// Reads a file, or whatever else can be opened and read to its end.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - growth: how many times its size the file takes once it has become what its reader makes of it.
  ///   - limit: the number of bytes after which reading ends, whatever follows.
  /// - Throws: ``SystemCallError``; `ENOMEM` before it takes more than ``MemoryAllowance`` allows.
  public static func read(
    _ path: String, growth: Double = 4, limit: Int = .max
  ) throws(SystemCallError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    var contents: [UInt8] = []
    var allowed = unwatched
    func make(room size: Int) throws(SystemCallError) {
      guard size > allowed else { return }
      guard MemoryAllowance.allows(growth * Double(size)) else {
        throw SystemCallError(code: ENOMEM)
      }
      allowed = size
      contents.reserveCapacity(size)
    }
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      try make(room: min(Int(status.st_size), limit))
    }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while contents.count < limit {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw .last
      }
      if count == 0 { break }
      // An array grows to twice its size, beside which the old one stands meanwhile.
      if contents.count + count > allowed { try make(room: 2 * (contents.count + count)) }
      contents.append(contentsOf: chunk[..<count])
    }
    return contents
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
