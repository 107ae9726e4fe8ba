import Glibc

/// A failed system call, with what the system says about it.
struct SystemCallError: Error, Equatable {
  let code: Int32

  /// The error of the call that has just failed on this thread.
  static var last: SystemCallError { SystemCallError(code: errno) }

  /// What the system calls the error.
  ///
  /// glibc's `strerror` is thread-safe since 2.32.
  var reason: String {
    guard let text = strerror(code) else { return "error \(code)" }
    return String(cString: text)
  }
}

/// Whole files, by system calls, so that errors keep their codes.
enum WholeFile {
  /// Reads a file.
  static func read(_ path: String) throws(SystemCallError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    var contents: [UInt8] = []
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

  /// Writes a file so that its path names either the old contents or all of the new.
  ///
  /// The contents go to a new file beside it, which then takes its name. If anything fails, the
  /// new file is removed.
  static func writeAtomically(_ contents: [UInt8], to path: String) throws(SystemCallError) {
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: .min ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .last }
    do throws(SystemCallError) {
      do throws(SystemCallError) {
        try write(contents, to: descriptor)
        // Without this, a crash of the machine could leave the name with an empty file.
        guard fsync(descriptor) == 0 else { throw .last }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0, rename(temporary, path) == 0 else { throw .last }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func write(
    _ contents: [UInt8], to descriptor: Int32
  ) throws(SystemCallError) {
    var written = 0
    while written < contents.count {
      let count = contents[written...].withUnsafeBytes { bytes in
        Glibc.write(descriptor, bytes.baseAddress, bytes.count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last
      }
      written += count
    }
  }
}
