import Foundation

/// A folder of its own for one test, removed with it.
final class NumPyFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "lockstep-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(at: url)
  }

  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Writes 64-bit numbers with a header as NumPy writes it.
  func writeNumPy(_ name: String, shape: String, _ values: [Double]) throws {
    let text = "{'descr': '<f8', 'fortran_order': False, 'shape': \(shape), }\n"
    var bytes = Data([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(text.utf8.count), 0])
    bytes.append(contentsOf: text.utf8)
    for value in values {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    try bytes.write(to: url.appending(path: name))
  }
}
