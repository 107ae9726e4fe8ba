import Glibc

/// Splits a text file into lines without making a string of any.
///
/// **Concurrency:** used by one thread at a time.
final class LineReader {
  /// The longest line, in bytes.
  static let maximalLength = 64 << 20

  /// The number of the line that was handed out last, from 1.
  private(set) var lineNumber = 0

  private let stream: ByteStream
  private var buffer: UnsafeMutableRawBufferPointer
  // What was read and not handed out, as positions in the buffer.
  private var pending = 0..<0
  private var line = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
  private var isAtEnd = false
  // What ends a line: `\n`, or `\r` where the first line ends in one alone; `nil` until that is known.
  private var terminator: UInt8?

  /// Creates a reader of the lines of a stream.
  init(_ stream: ByteStream) {
    self.stream = stream
    buffer = .allocate(byteCount: 1 << 18, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// The next line, without its `\n`, `\r\n` or `\r`, or `nil` at the end.
  ///
  /// A file whose first line ends in `\r` alone is taken to be of such lines.
  ///
  /// A byte order mark is left out. The last line needs no end.
  ///
  /// - Returns: bytes that stay valid until the next call.
  /// - Throws: ``DataError`` where the file cannot be read, or for a line longer than
  ///   ``maximalLength``.
  func next() throws(DataError) -> UnsafeBufferPointer<UInt8>? {
    var searched = 0
    if terminator == nil { try findTerminator() }
    let terminator = Int32(terminator ?? 0x0A)
    while true {
      let start = pending.lowerBound + searched
      if start < pending.upperBound, let base = buffer.baseAddress,
        let found = memchr(base + start, terminator, pending.upperBound - start)
      {
        let end = UnsafeRawPointer(found) - UnsafeRawPointer(base)
        return handOut(pending.lowerBound..<end, next: end + 1)
      }
      searched = pending.count
      if isAtEnd {
        return pending.isEmpty ? nil : handOut(pending, next: pending.upperBound)
      }
      try readMore()
    }
  }

  /// The error that the line handed out last is invalid.
  ///
  /// Where the line holds control bytes, that is what is wrong with it, whatever the reason.
  func invalid(_ reason: String) -> DataError {
    let control = Self.controlByte(in: line)
    return stream.invalid(control.map(Self.notText) ?? reason, line: lineNumber)
  }

  /// The error that the file as a whole is invalid.
  func invalidFile(_ reason: String) -> DataError { stream.invalid(reason) }

  private func handOut(_ range: Range<Int>, next: Int) -> UnsafeBufferPointer<UInt8> {
    var range = range
    pending = next..<pending.upperBound
    if let last = range.last, buffer[last] == 0x0D { range.removeLast() }
    if lineNumber == 0, range.count >= 3, buffer[range.lowerBound] == 0xEF,
      buffer[range.lowerBound + 1] == 0xBB, buffer[range.lowerBound + 2] == 0xBF
    {
      range.removeFirst(3)
    }
    lineNumber += 1
    line = UnsafeRawBufferPointer(rebasing: buffer[range]).assumingMemoryBound(to: UInt8.self)
    return line
  }

  /// Looks how the first line ends.
  private func findTerminator() throws(DataError) {
    var searched = 0
    while true {
      let rest = buffer[pending].dropFirst(searched)
      if let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
        // Whether a `\r` stands alone, the byte after it says.
        if buffer[end] == 0x0A || end + 1 < pending.upperBound || isAtEnd {
          let isAlone =
            buffer[end] == 0x0D && end + 1 < pending.upperBound && buffer[end + 1] != 0x0A
          terminator = isAlone ? 0x0D : 0x0A
          return
        }
        searched = end - pending.lowerBound
      } else {
        searched = pending.count
      }
      if isAtEnd {
        terminator = 0x0A
        return
      }
      try readMore()
    }
  }

  private func readMore() throws(DataError) {
    if pending.lowerBound > 0, let base = buffer.baseAddress {
      memmove(base, base + pending.lowerBound, pending.count)
      pending = 0..<pending.count
    }
    if pending.count == buffer.count { try grow() }
    let count = try stream.read(into: .init(rebasing: buffer[pending.upperBound...]))
    isAtEnd = count == 0
    pending = 0..<pending.upperBound + count
  }

  private func grow() throws(DataError) {
    let bytes = UnsafeRawBufferPointer(buffer).assumingMemoryBound(to: UInt8.self)
    if let control = Self.controlByte(in: bytes) {
      throw stream.invalid(Self.notText(control), line: lineNumber + 1)
    }
    guard buffer.count < Self.maximalLength else {
      throw stream.invalid(
        "the line is longer than \(Self.maximalLength) bytes", line: lineNumber + 1)
    }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: buffer.count * 2, alignment: 64)
    larger.copyMemory(from: UnsafeRawBufferPointer(buffer))
    buffer.deallocate()
    buffer = larger
  }

  private static func controlByte(in bytes: UnsafeBufferPointer<UInt8>) -> UInt8? {
    bytes.first { byte in (byte < 0x20 && byte != 0x09 && byte != 0x0D) || byte == 0x7F }
  }

  private static func notText(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "is not text: it holds the control byte 0x\(byte < 16 ? "0" : "")\(digits)"
  }
}
