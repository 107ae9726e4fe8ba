import Foundation
import LockstepCore

/// `results.jsonl`: one compact JSON document a line, and nothing but whole lines.
///
/// Each line goes out in a single `write` to a file that was opened for appending. Whoever kills the
/// process leaves whole lines, and at worst the beginning of one at the very end, which is cut off
/// when the file is opened next: it was never a result.
///
/// **Concurrency:** one owner at a time; ``ResultStore`` keeps it behind a mutex, and other processes
/// out by a lock that the system takes back when the process ends, however it ends.
struct ResultFile: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private var size: off_t

  /// Opens the file, or makes it, and locks it.
  ///
  /// - Throws: ``StoreError/busy(folder:)`` at once where another process has it, and
  ///   ``StoreError/cannotWrite(path:reason:)``.
  init(_ path: String, in folder: String) throws(StoreError) {
    _ = Descriptor.sizeLimitIsAnError
    self.path = path
    descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    size = 0
    guard descriptor >= 0 else { throw Self.failure(path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let isBusy = errno == EWOULDBLOCK
      let error = Self.failure(path)
      close(descriptor)
      throw isBusy ? .busy(folder: folder) : error
    }
    size = lseek(descriptor, 0, SEEK_END)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Reads everything, and repairs the end.
  ///
  /// - Parameter isWhole: whether bytes after the last newline are a whole line nevertheless.
  /// - Returns: the lines, and the last one's repair done.
  mutating func repairedLines(
    _ isWhole: (ArraySlice<UInt8>) -> Bool
  ) throws(StoreError) -> [ResultLines.Line] {
    let contents: [UInt8]
    do throws(SystemCallError) {
      contents = try InputFile.read(path)
    } catch {
      throw .notFound(path: path, reason: error.whyUnreadable)
    }
    let lines = ResultLines(contents)
    if let rest = lines.rest, isWhole(rest.bytes) {
      try append(Data(), afterRest: true)
      return lines.whole + [rest]
    }
    let end = contents.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    if end < contents.count { try truncate(to: size - off_t(contents.count - end)) }
    return lines.whole
  }

  /// Appends a line, whole or not at all.
  ///
  /// - Throws: ``StoreError/cannotWrite(path:reason:)``, after taking back what was written of it.
  mutating func append(_ line: Data) throws(StoreError) { try append(line, afterRest: false) }

  private mutating func append(_ line: Data, afterRest: Bool) throws(StoreError) {
    let bytes = line + [0x0A]
    let written = bytes.withUnsafeBytes { buffer -> Int in
      var count = write(descriptor, buffer.baseAddress, buffer.count)
      while count < 0, errno == EINTR {
        count = write(descriptor, buffer.baseAddress, buffer.count)
      }
      return count
    }
    if written == bytes.count {
      size += off_t(written)
      return
    }
    // A short write says that the rest won't fit; what there is of the line is no result.
    let error =
      written < 0
      ? Self.failure(path)
      : .cannotWrite(
        path: path, reason: "no space left on device")
    if written > 0 { try truncate(to: size) }
    throw error
  }

  private mutating func truncate(to length: off_t) throws(StoreError) {
    guard ftruncate(descriptor, length) == 0 else { throw Self.failure(path) }
    size = length
  }

  /// Hands everything to the device.
  func synchronize() throws(StoreError) {
    // A file that can't be synchronized, such as on some network folders, is not a failure.
    guard fdatasync(descriptor) == 0 || errno == EINVAL else { throw Self.failure(path) }
  }

  private static func failure(_ path: String) -> StoreError {
    .cannotWrite(path: path, reason: SystemCallError.last.reason)
  }
}
