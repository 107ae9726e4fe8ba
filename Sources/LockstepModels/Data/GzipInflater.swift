import CZlib

/// Decompresses gzip, any number of members one after the other.
///
/// **Concurrency:** used by one thread at a time.
final class GzipInflater {
  /// What a call did.
  enum Progress: Equatable {
    /// It took `consumed` bytes and made `produced`.
    case advanced(consumed: Int, produced: Int)
    /// The data isn't gzip, or is damaged, in zlib's words.
    case corrupt(String)
  }

  /// Whether a member has ended and no other one has begun: the only place where the data may end.
  private(set) var isBetweenMembers = false

  // zlib keeps a pointer back to this structure, so it must not move.
  private let state: UnsafeMutablePointer<z_stream>
  private let isReady: Bool

  init() {
    state = .allocate(capacity: 1)
    state.initialize(to: z_stream())
    // 15 bits of window, and 16 more to ask for a gzip header and nothing else.
    isReady =
      inflateInit2_(state, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    if isReady { inflateEnd(state) }
    state.deallocate()
  }

  /// Decompresses as much as fits.
  ///
  /// - Parameters:
  ///   - input: compressed bytes, not empty; what was not consumed is given again.
  ///   - output: where the bytes go, not empty.
  func inflate(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> Progress {
    guard isReady else { return .corrupt("zlib has no memory") }
    if isBetweenMembers {
      guard inflateReset(state) == Z_OK else { return .corrupt("zlib cannot start again") }
      isBetweenMembers = false
    }
    let offered = min(input.count, 1 << 30)
    let room = min(output.count, 1 << 30)
    // zlib declares its input mutable and doesn't write to it.
    state.pointee.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    state.pointee.avail_in = UInt32(offered)
    state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    state.pointee.avail_out = UInt32(room)
    let status = CZlib.inflate(state, Z_NO_FLUSH)
    let consumed = offered - Int(state.pointee.avail_in)
    let produced = room - Int(state.pointee.avail_out)
    switch status {
    case Z_STREAM_END: isBetweenMembers = true
    case Z_OK, Z_BUF_ERROR: break
    default:
      return .corrupt(state.pointee.msg.map { String(cString: $0) } ?? "zlib code \(status)")
    }
    return .advanced(consumed: consumed, produced: produced)
  }
}
