/// The header of a `.npy` file: a magic string, a version, and a Python dictionary as text.
struct NumPyHeader {
  /// Whether the elements are 64 bits wide; otherwise 32.
  var isDouble = false
  /// The length of each dimension.
  var shape: [Int] = []

  private static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  /// The bytes before the elements of a vector, version 1.0, padded to a multiple of 64.
  static func bytes(type: String, count: Int) -> [UInt8] {
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(count),), }"
    let padding = (64 - (10 + text.utf8.count + 1) % 64) % 64
    let length = text.utf8.count + padding + 1
    var bytes = magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
    bytes += Array(text.utf8)
    bytes += Array(repeating: UInt8(ascii: " "), count: padding)
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }

  /// Reads the header at the start of a file.
  ///
  /// - Returns: the header, and where the elements start.
  static func read(
    _ bytes: [UInt8], path: String
  ) throws(NumPyError) -> (header: NumPyHeader, start: Int) {
    guard bytes.count >= 10, Array(bytes[0..<6]) == magic else {
      throw .invalid(path: path, reason: "not a NumPy .npy file")
    }
    guard (1...3).contains(bytes[6]), bytes[7] == 0 else {
      throw .invalid(
        path: path, reason: "version \(bytes[6]).\(bytes[7]) of the format is not 1.0, 2.0 or 3.0")
    }
    let lengthBytes = bytes[6] == 1 ? 2 : 4
    var length = 0
    guard bytes.count >= 8 + lengthBytes else {
      throw .invalid(path: path, reason: "it ends within its header")
    }
    for index in 0..<lengthBytes { length |= Int(bytes[8 + index]) << (8 * index) }
    let start = 8 + lengthBytes + length
    guard bytes.count >= start else {
      throw .invalid(path: path, reason: "it ends within its header")
    }
    var scanner = DictionaryScanner(bytes: bytes[(8 + lengthBytes)..<start], path: path)
    return (try scanner.header(), start)
  }

  /// Reads the dictionary, which is Python source with three known keys.
  private struct DictionaryScanner {
    var bytes: ArraySlice<UInt8>
    let path: String

    var unreadable: NumPyError { .invalid(path: path, reason: "its header cannot be read") }

    mutating func header() throws(NumPyError) -> NumPyHeader {
      var header = NumPyHeader()
      var type: String?
      var isFortran: Bool?
      var shape: [Int]?
      guard take("{") else { throw unreadable }
      while !take("}") {
        guard let key = string(), take(":") else { throw unreadable }
        switch key {
        case "descr":
          guard let text = string() else {
            throw .invalid(path: path, reason: "its elements are records, not numbers")
          }
          type = text
        case "fortran_order":
          isFortran = take("True") ? true : take("False") ? false : nil
          if isFortran == nil { throw unreadable }
        case "shape":
          shape = tuple()
          if shape == nil { throw unreadable }
        default:
          throw unreadable
        }
        if !take(",") {
          guard take("}") else { throw unreadable }
          break
        }
      }
      guard let type, let isFortran, let shape else { throw unreadable }
      guard type == "<f4" || type == "<f8" else {
        throw .invalid(
          path: path, reason: "its elements are '\(type)'; Lockstep reads '<f4' and '<f8'")
      }
      guard (1...2).contains(shape.count) else {
        throw .invalid(
          path: path, reason: "it has \(shape.count) dimensions; Lockstep reads 1 and 2")
      }
      if isFortran && shape.count > 1 {
        throw .invalid(
          path: path, reason: "it is in Fortran order; save it with numpy.ascontiguousarray")
      }
      header.isDouble = type == "<f8"
      header.shape = shape
      return header
    }

    mutating func skipSpaces() {
      while let byte = bytes.first, byte == 0x20 || (0x09...0x0D).contains(byte) {
        bytes.removeFirst()
      }
    }

    mutating func take(_ text: String) -> Bool {
      skipSpaces()
      guard bytes.starts(with: text.utf8) else { return false }
      bytes.removeFirst(text.utf8.count)
      return true
    }

    mutating func string() -> String? {
      skipSpaces()
      guard let quote = bytes.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
      else { return nil }
      let rest = bytes.dropFirst()
      guard let end = rest.firstIndex(of: quote) else { return nil }
      let text = String(decoding: rest[..<end], as: UTF8.self)
      bytes = rest[(end + 1)...]
      return text
    }

    mutating func tuple() -> [Int]? {
      guard take("(") else { return nil }
      var lengths: [Int] = []
      while !take(")") {
        skipSpaces()
        let digits = bytes.prefix { (0x30...0x39).contains($0) }
        guard let length = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        bytes.removeFirst(digits.count)
        lengths.append(length)
        if !take(",") {
          guard take(")") else { return nil }
          break
        }
      }
      return lengths
    }
  }
}
