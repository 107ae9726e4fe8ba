/// Binary files of unsigned bytes with any number of dimensions, as MNIST is distributed.
///
/// The header is big-endian: a magic number `0x0000080D` with `D` the number of dimensions, then
/// each dimension as 32 bits.
///
/// **Reference:** LeCun, Cortes and Burges, *The MNIST Database of Handwritten Digits*, 1998.
struct IDXFile {
  /// The dimensions that the header promises, none of them 0.
  let dimensions: [Int]

  private let stream: ByteStream

  /// Reads the header.
  ///
  /// - Parameters:
  ///   - stream: the file, at its beginning.
  ///   - dimensionCount: how many dimensions it must have.
  /// - Throws: ``DataError/invalid(path:line:reason:)`` for another kind of file, a header that is
  ///   cut off or a dimension of 0.
  init(_ stream: ByteStream, dimensionCount: Int) throws(DataError) {
    self.stream = stream
    let magic = try Self.readWord(stream)
    let wanted = UInt32(0x800 + dimensionCount)
    guard magic == wanted else {
      throw stream.invalid(
        "the magic number at byte 0 is \(Self.hexadecimal(magic)), not "
          + "\(Self.hexadecimal(wanted)) (unsigned bytes, dimensions: \(dimensionCount))")
    }
    var dimensions: [Int] = []
    for _ in 0..<dimensionCount {
      let word = try Self.readWord(stream)
      guard word > 0 else {
        throw stream.invalid("the dimension at byte \(stream.position - 4) is 0")
      }
      dimensions.append(Int(word))
    }
    self.dimensions = dimensions
  }

  /// Reads all bytes after the header.
  ///
  /// Memory grows with the bytes that are really there, whatever the header promises.
  ///
  /// - Throws: ``DataError/invalid(path:line:reason:)`` for fewer or more bytes than promised.
  func readContents() throws(DataError) -> [UInt8] {
    let header = stream.position
    var size = 1
    for dimension in dimensions {
      let product = size.multipliedReportingOverflow(by: dimension)
      guard !product.overflow else {
        let shape = dimensions.map(String.init).joined(separator: "×")
        throw stream.invalid("the header's \(shape) bytes are more than can be addressed")
      }
      size = product.partialValue
    }
    guard let contents = try stream.readRest(atMost: size) else {
      throw stream.invalid(
        "goes on after byte \(header + size), where its header says that it ends")
    }
    guard contents.count == size else {
      throw stream.invalid(
        "ends at byte \(stream.position), but its header promises \(size) bytes after the first "
          + "\(header); is it cut off?")
    }
    return contents
  }

  private static func readWord(_ stream: ByteStream) throws(DataError) -> UInt32 {
    var word: UInt32 = 0
    let count = try withUnsafeMutableBytes(of: &word) { (bytes) throws(DataError) in
      try stream.fill(bytes)
    }
    guard count == 4 else {
      throw stream.invalid("ends at byte \(stream.position), within the header; is it cut off?")
    }
    return UInt32(bigEndian: word)
  }

  private static func hexadecimal(_ word: UInt32) -> String {
    let digits = String(word, radix: 16, uppercase: true)
    return "0x" + String(repeating: "0", count: 8 - digits.count) + digits
  }
}
