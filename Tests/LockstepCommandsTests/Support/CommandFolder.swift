import Foundation

/// A folder of its own for one test, removed with it.
final class CommandFolder {
  /// Where it is.
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appending(path: "lockstep-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The names of the files in it, sorted.
  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  /// The names of the files in a folder in it, sorted.
  func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
  }

  /// Writes a file.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// Writes a file of bytes that are repeated.
  func write(_ name: String, _ bytes: [UInt8], times: Int) throws {
    try write(name, bytes)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(name)"))
    try file.seekToEnd()
    for _ in 1..<times { try file.write(contentsOf: bytes) }
    try file.close()
  }

  /// Writes a text file.
  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  /// Reads a file.
  func read(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
  }

  /// A NumPy file's bytes, with a header as NumPy writes it.
  static func numPy<Element>(_ values: [Element], type: String, shape: String) -> [UInt8] {
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n"
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(text.utf8.count), 0]
      + Array(text.utf8) + values.withUnsafeBytes { Array($0) }
  }

  /// A NumPy file's bytes of a vector of 64-bit numbers.
  static func numPy(_ values: [Double]) -> [UInt8] {
    numPy(values, type: "<f8", shape: "(\(values.count),)")
  }

  /// The 64-bit numbers of a NumPy file that `--save` wrote.
  func doubles(_ name: String) throws -> [Double] {
    let data = [UInt8](try read(name))
    let start = 10 + Int(data[8]) + 256 * Int(data[9])
    return data[start...].withUnsafeBytes { raw in
      (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
    }
  }
}
