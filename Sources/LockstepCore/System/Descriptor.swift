import Glibc

/// What is written to an open file, pipe or terminal.
public enum Descriptor {
  /// Turns the signal of a file that grows beyond the process's limit into an error of `write`, once.
  public static let sizeLimitIsAnError: Void = { _ = signal(SIGXFSZ, SIG_IGN) }()

  /// Writes bytes, all of them.
  ///
  /// - Throws: ``SystemCallError`` at the first that cannot be written.
  public static func write(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32
  ) throws(SystemCallError) {
    guard let base = bytes.baseAddress else { return }
    var written = 0
    while written < bytes.count {
      let count = Glibc.write(descriptor, base + written, bytes.count - written)
      if count >= 0 {
        written += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // Somebody who shares the pipe or the terminal has made it non-blocking.
        var place = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&place, 1, -1)
      default: throw .last
      }
    }
  }

  /// Writes text, all of it.
  ///
  /// - Throws: ``SystemCallError`` at the first byte that cannot be written.
  public static func write(_ text: String, to descriptor: Int32) throws(SystemCallError) {
    let bytes = Array(text.utf8)
    try bytes.withUnsafeBufferPointer { bytes throws(SystemCallError) in
      try write(UnsafeRawBufferPointer(bytes), to: descriptor)
    }
  }
}
