import LockstepCore

/// The bytes of a file, decompressed where the file begins like gzip, whatever its name.
///
/// **Concurrency:** used by one thread at a time.
final class ByteStream {
  /// The file's path, for error messages.
  let path: String
  /// How many (decompressed) bytes have been read.
  private(set) var position = 0

  private static let chunkSize = 1 << 18
  private static let watchedEvery = 1 << 20
  private let watch = MemoryAllowance.Watch()
  private var watchedUntil = 0
  private let source: ByteSource
  private let inflater: GzipInflater?
  private let chunk: UnsafeMutableRawBufferPointer
  // The part of the chunk that was read from the source and not yet handed out or inflated.
  private var available: Range<Int>
  private var consumed = 0

  /// Opens a file.
  ///
  /// - Parameter path: the file's path.
  /// - Throws: ``DataError`` where it cannot be opened or is empty.
  convenience init(path: String) throws(DataError) {
    try self.init(try ByteSource(path: path))
  }

  /// Reads from memory.
  ///
  /// - Parameters:
  ///   - bytes: what is read, possibly compressed.
  ///   - path: what it is called in error messages.
  /// - Throws: ``DataError/invalid(path:line:reason:)`` where there are no bytes.
  convenience init(bytes: [UInt8], path: String) throws(DataError) {
    try self.init(ByteSource(bytes: bytes, path: path))
  }

  private init(_ source: ByteSource) throws(DataError) {
    self.source = source
    path = source.path
    // A local until the last throw: a class whose initialiser throws early runs no `deinit`.
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.chunkSize, alignment: 64)
    var count = 0
    do throws(DataError) {
      // A pipe may hand out a single byte; the magic number has two.
      while count < 2 {
        let more = try source.read(into: .init(rebasing: buffer[count...]))
        if more == 0 { break }
        count += more
      }
      if count == 0 {
        throw DataError.invalid(path: source.path, line: nil, reason: "the file is empty")
      }
    } catch {
      buffer.deallocate()
      throw error
    }
    chunk = buffer
    available = 0..<count
    inflater = count >= 2 && buffer[0] == 0x1F && buffer[1] == 0x8B ? GzipInflater() : nil
  }

  deinit { chunk.deallocate() }

  /// Reads some bytes.
  ///
  /// - Parameter buffer: where they go; not empty.
  /// - Returns: how many were read, 0 at the end.
  /// - Throws: ``DataError`` where the file cannot be read, or its gzip data is damaged or ends
  ///   early.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    let count: Int
    if let inflater {
      count = try inflate(with: inflater, into: buffer)
    } else {
      count = try readPlain(into: buffer)
    }
    position += count
    // What has been read is kept in one form or another, and grows.
    if position >= watchedUntil {
      watchedUntil = position + Self.watchedEvery
      if watch.isExhausted {
        throw .unsuitable(
          reason: "\(path): what it holds takes more memory than there is; allow more (ulimit -v)")
      }
    }
    return count
  }

  /// Reads until a buffer is full.
  ///
  /// - Parameter buffer: where the bytes go.
  /// - Returns: how many were read, fewer than the buffer holds only at the end.
  /// - Throws: ``DataError``, as ``read(into:)`` does.
  func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(DataError) -> Int {
    var count = 0
    while count < buffer.count {
      let more = try read(into: .init(rebasing: buffer[count...]))
      if more == 0 { break }
      count += more
    }
    return count
  }

  /// Reads all that is left.
  ///
  /// Memory grows with the bytes that are really there.
  ///
  /// - Parameter limit: how many bytes are expected at most.
  /// - Returns: the bytes, or `nil` where there are more.
  /// - Throws: ``DataError``, as ``read(into:)`` does.
  func readRest(atMost limit: Int) throws(DataError) -> [UInt8]? {
    var rest: [UInt8] = []
    rest.reserveCapacity(min(limit, 1 << 22))
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { piece.deallocate() }
    while true {
      let count = try read(into: piece)
      if count == 0 { return rest }
      guard count <= limit - rest.count else { return nil }
      rest.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece[..<count]))
    }
  }

  /// The error that this file is invalid.
  func invalid(_ reason: String, line: Int? = nil) -> DataError {
    .invalid(path: path, line: line, reason: reason)
  }

  private func readPlain(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(DataError) -> Int {
    if available.isEmpty { return try source.read(into: buffer) }
    let count = min(buffer.count, available.count)
    buffer.copyMemory(
      from: .init(rebasing: chunk[available.lowerBound..<available.lowerBound + count]))
    available.removeFirst(count)
    return count
  }

  private func inflate(
    with inflater: GzipInflater, into buffer: UnsafeMutableRawBufferPointer
  ) throws(DataError) -> Int {
    while true {
      if available.isEmpty {
        let count = try source.read(into: chunk)
        available = 0..<count
        if count == 0 {
          guard inflater.isBetweenMembers else {
            throw invalid("the gzip data ends early, after \(consumed) bytes; is it cut off?")
          }
          return 0
        }
      }
      switch inflater.inflate(.init(rebasing: chunk[available]), into: buffer) {
      case .advanced(let taken, let made):
        available.removeFirst(taken)
        consumed += taken
        if made > 0 { return made }
      case .corrupt(let reason):
        throw invalid("the gzip data is damaged near byte \(consumed): \(reason)")
      }
    }
  }
}
