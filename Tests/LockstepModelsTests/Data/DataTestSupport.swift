import CZlib
import Glibc
import LockstepCore
import Testing

@testable import LockstepModels

/// A folder that is removed when the value goes out of use.
final class TemporaryFolder {
  let path: String

  init() {
    var template = Array("/tmp/lockstep-data-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.flatMap(mkdtemp).map { String(cString: $0) } ?? "/nonexistent"
    }
  }

  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  private var names: [String] = []

  /// Writes a file and returns its path.
  func write(_ name: String, _ bytes: [UInt8]) -> String {
    names.append(name)
    let file = "\(path)/\(name)"
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      rest.removeFirst(count)
    }
    return file
  }

  func write(_ name: String, _ text: String) -> String { write(name, Array(text.utf8)) }
}

/// Compresses to one gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
  var state = z_stream()
  let size = Int32(MemoryLayout<z_stream>.size)
  guard deflateInit2_(&state, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
  else { return [] }
  defer { deflateEnd(&state) }
  var input = bytes
  var output = [UInt8](repeating: 0, count: bytes.count + 1024)
  let room = output.count
  input.withUnsafeMutableBufferPointer { source in
    output.withUnsafeMutableBufferPointer { target in
      state.next_in = source.baseAddress
      state.avail_in = UInt32(source.count)
      state.next_out = target.baseAddress
      state.avail_out = UInt32(room)
      _ = deflate(&state, Z_FINISH)
    }
  }
  return Array(output.prefix(room - Int(state.avail_out)))
}

func gzip(_ text: String) -> [UInt8] { gzip(Array(text.utf8)) }

/// A stream of a text in memory, called `data`.
func stream(_ text: String) throws -> ByteStream {
  try ByteStream(bytes: Array(text.utf8), path: "data")
}

func stream(_ bytes: [UInt8], path: String = "data") throws -> ByteStream {
  try ByteStream(bytes: bytes, path: path)
}

/// The sentence that reading fails with, or `nil` where it doesn't.
func complaint(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch let error as DataError {
    return error.description
  } catch {
    return "not a DataError: \(error)"
  }
}

/// The big-endian bytes of 32-bit words.
func words(_ numbers: UInt32...) -> [UInt8] {
  numbers.flatMap { number in
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }
}

/// An IDX file of images whose byte `i` is `i` modulo 251.
func idxImages(_ count: Int, _ rows: Int, _ columns: Int) -> [UInt8] {
  words(0x803, UInt32(count), UInt32(rows), UInt32(columns))
    + (0..<count * rows * columns).map { UInt8($0 % 251) }
}

/// An IDX file of labels.
func idxLabels(_ labels: [UInt8]) -> [UInt8] { words(0x801, UInt32(labels.count)) + labels }

extension ExampleSet {
  var targetArray: [Scalar] { (0..<count).map { targets[$0] } }
  var classArray: [Int32]? { classes.map { labels in (0..<count).map { labels[$0] } } }

  /// The examples as dense rows, whatever the storage; empty for ratings.
  var rows: [[Scalar]] {
    (0..<count).map { example in
      switch features {
      case .bytes(let bytes, let scale):
        return (0..<featureCount).map { Scalar(bytes[example * featureCount + $0]) / scale }
      case .dense(let values):
        return (0..<featureCount).map { values[example * featureCount + $0] }
      case .sparse(let offsets, let columns, let values):
        var row = [Scalar](repeating: 0, count: featureCount)
        for entry in offsets[example]..<offsets[example + 1] {
          row[Int(columns[entry])] = values[entry]
        }
        return row
      case .ratings: return []
      }
    }
  }

  var ratingArray: [[Int32]] {
    guard case .ratings(let users, let items) = features else { return [] }
    return (0..<count).map { [users[$0], items[$0]] }
  }
}
