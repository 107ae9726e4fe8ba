#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Why a NumPy file cannot be read or written, with the file's name.
public enum NumPyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no such file, or it cannot be opened or read.
  case cannotOpen(path: String, reason: String)
  /// What it holds is not an array that Lockstep reads.
  case invalid(path: String, reason: String)
  /// It cannot be written.
  case cannotWrite(path: String, reason: String)

  /// The reason, after the file it is about.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let reason), .invalid(let path, let reason):
      "\(path): \(reason)"
    case .cannotWrite(let path, let reason): "\(path): cannot be written (\(reason))"
    }
  }
}

/// An array of one or two dimensions from a NumPy `.npy` file.
///
/// Read are versions 1.0 to 3.0, little-endian `f4` and `f8`, in C order (a vector is the same in
/// both orders). Nothing else: an array that would have to be guessed at is refused.
///
/// **Determinism:** the values' bits are kept, both ways.
///
/// **Reference:** NumPy, *NEP 1: A Simple File Format for NumPy Arrays*.
public struct NumPyArray: Equatable, Sendable {
  /// The elements, in the precision they are stored in.
  public enum Values: Equatable, Sendable {
    /// 32-bit floating point.
    case single([Float])
    /// 64-bit floating point.
    case double([Double])
  }

  /// The length of each dimension; one or two of them.
  public let shape: [Int]
  /// The elements, row by row.
  public let values: Values

  /// The elements, row by row, as numbers of another type.
  public func elements<Scalar: BinaryFloatingPoint>(as type: Scalar.Type) -> [Scalar] {
    switch values {
    case .single(let values): values.map { (value: Float) -> Scalar in Scalar(value) }
    case .double(let values): values.map { (value: Double) -> Scalar in Scalar(value) }
    }
  }

  /// Reads a file.
  ///
  /// - Throws: ``NumPyError/cannotOpen(path:reason:)`` or ``NumPyError/invalid(path:reason:)``.
  public init(contentsOf path: String) throws(NumPyError) {
    let bytes = try Self.read(path)
    let (header, start) = try NumPyHeader.read(bytes, path: path)
    var count = 1
    for length in header.shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product <= 1 << 48 else {
        throw .invalid(path: path, reason: "its shape is too large")
      }
      count = product
    }
    let width = header.isDouble ? 8 : 4
    guard bytes.count - start == count * width else {
      throw .invalid(
        path: path,
        reason: "its shape takes \(count * width) bytes, but \(bytes.count - start) follow")
    }
    shape = header.shape
    values = bytes.withUnsafeBytes { raw in
      if header.isDouble {
        .double(
          (0..<count).map { index in
            Double(
              bitPattern: UInt64(
                littleEndian: raw.loadUnaligned(fromByteOffset: start + 8 * index, as: UInt64.self))
            )
          })
      } else {
        .single(
          (0..<count).map { index in
            Float(
              bitPattern: UInt32(
                littleEndian: raw.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self))
            )
          })
      }
    }
  }

  /// Writes a vector of 32-bit numbers: all of it, or, on an error, nothing.
  ///
  /// - Throws: ``NumPyError/cannotWrite(path:reason:)``.
  public static func write(
    _ vector: UnsafeBufferPointer<Float>, to path: String
  ) throws(NumPyError) {
    try write(
      NumPyHeader.bytes(type: "<f4", count: vector.count), UnsafeRawBufferPointer(vector), to: path)
  }

  /// Writes a vector of 64-bit numbers: all of it, or, on an error, nothing.
  ///
  /// - Throws: ``NumPyError/cannotWrite(path:reason:)``.
  public static func write(
    _ vector: UnsafeBufferPointer<Double>, to path: String
  ) throws(NumPyError) {
    try write(
      NumPyHeader.bytes(type: "<f8", count: vector.count), UnsafeRawBufferPointer(vector), to: path)
  }

  private static func read(_ path: String) throws(NumPyError) -> [UInt8] {
    var status = stat()
    guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
      throw .cannotOpen(path: path, reason: "not a regular file")
    }
    do throws(SystemCallError) {
      // The bytes, the array, its elements in the run's precision, and what a model makes of them.
      return try InputFile.read(path, growth: 4)
    } catch {
      throw .cannotOpen(path: path, reason: error.whyUnreadable)
    }
  }

  private static func write(
    _ header: [UInt8], _ body: UnsafeRawBufferPointer, to path: String
  ) throws(NumPyError) {
    do throws(SystemCallError) {
      try header.withUnsafeBufferPointer { header throws(SystemCallError) in
        try OutputFile.write([UnsafeRawBufferPointer(header), body], to: path)
      }
    } catch {
      throw .cannotWrite(path: path, reason: error.reason)
    }
  }
}
