import Glibc
import LockstepCore

/// The bytes of a file, or of an array in memory, one after the other.
///
/// **Concurrency:** used by one thread at a time.
final class ByteSource {
  /// The file's path, or a name for what is in memory; for error messages.
  let path: String

  private let descriptor: Int32
  private let memory: [UInt8]
  private var offset = 0

  /// Opens a file.
  ///
  /// - Parameter path: the file's path; a pipe will do.
  /// - Throws: ``DataError/notFound(path:reason:)`` where it cannot be opened and
  ///   ``DataError/invalid(path:line:reason:)`` for a folder.
  init(path: String) throws(DataError) {
    self.path = path
    memory = []
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .notFound(path: path, reason: SystemCallError.last.whyUnreadable)
    }
    self.descriptor = descriptor
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      throw .invalid(path: path, line: nil, reason: "is a folder, not a file")
    }
  }

  /// Reads from memory.
  ///
  /// - Parameters:
  ///   - bytes: what is read.
  ///   - path: what it is called in error messages.
  init(bytes: [UInt8], path: String) {
    self.path = path
    memory = bytes
    descriptor = -1
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Reads some bytes.
  ///
  /// - Parameter buffer: where they go; not empty.
  /// - Returns: how many were read, 0 at the end.
  /// - Throws: ``DataError/notFound(path:reason:)`` where the file cannot be read.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    if descriptor < 0 {
      let count = min(buffer.count, memory.count - offset)
      memory.withUnsafeBytes { bytes in
        buffer.copyMemory(from: .init(rebasing: bytes[offset..<offset + count]))
      }
      offset += count
      return count
    }
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      let code = errno
      if code != EINTR {
        throw .notFound(path: path, reason: SystemCallError(code: code).whyUnreadable)
      }
    }
  }
}
