import Foundation
import LockstepCore
import Testing

@Suite struct NumPyArrayTests {
  static func withPath(_ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "npy-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.appending(path: "array.npy").path)
  }

  static func write(
    _ header: String, _ body: [UInt8], version: UInt8 = 1, to path: String
  ) throws {
    var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, version, 0]
    let length = header.utf8.count
    bytes += [UInt8(length & 0xFF), UInt8(length >> 8)] + (version == 1 ? [] : [0, 0])
    bytes += Array(header.utf8) + body
    try Data(bytes).write(to: URL(filePath: path))
  }

  static func refusal(_ path: String) -> String? {
    (#expect(throws: NumPyError.self) { try NumPyArray(contentsOf: path) })?.description
  }

  @Test func `a vector survives the round trip to the last bit`() throws {
    try Self.withPath { path in
      for count in [0, 1, 5, 1000] as [Int] {
        let doubles = (0..<count).map { 1 / Double($0) - 0.1 } + [-0.0, .leastNonzeroMagnitude]
        try doubles.withUnsafeBufferPointer { try NumPyArray.write($0, to: path) }
        let double = try NumPyArray(contentsOf: path)
        #expect(double.shape == [count + 2])
        #expect(
          double.elements(as: Double.self).map(\.bitPattern) == doubles.map(\.bitPattern))
        let floats = doubles.map { (value: Double) -> Float in Float(value) }
        try floats.withUnsafeBufferPointer { try NumPyArray.write($0, to: path) }
        let float = try NumPyArray(contentsOf: path)
        #expect(float.elements(as: Float.self).map(\.bitPattern) == floats.map(\.bitPattern))
      }
      let size = try Data(contentsOf: URL(filePath: path)).count
      #expect(size == 128 + 4 * 1002, "the elements start on a multiple of 64")
      let folder = URL(filePath: path).deletingLastPathComponent().path
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["array.npy"])
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt8])
  func `every version and spelling that NumPy writes is read`(version: UInt8) throws {
    try Self.withPath { path in
      for header in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }          \n",
        "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"<f4\"}",
      ] {
        let body = [Float](arrayLiteral: 1, 2, 3, 4, 5, 6).flatMap { value in
          withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        }
        try Self.write(header, body, version: version, to: path)
        let array = try NumPyArray(contentsOf: path)
        #expect(array.shape == [2, 3])
        #expect(array.elements(as: Double.self) == [1, 2, 3, 4, 5, 6])
      }
      // For a vector both orders are one.
      let body = [UInt8](repeating: 0, count: 16)
      try Self.write(
        "{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }\n", body, version: version,
        to: path)
      #expect(try NumPyArray(contentsOf: path).shape == [2])
    }
  }

  @Test func `what cannot be read is refused with the file's name and the reason`() throws {
    try Self.withPath { path in
      #expect(Self.refusal(path) == "\(path): no such file")
      let zeros = [UInt8](repeating: 0, count: 32)
      let refusals = [
        ("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 2), }", "Fortran order"),
        ("{'descr': '>f8', 'fortran_order': False, 'shape': (4,), }", "'>f8'"),
        ("{'descr': '<i4', 'fortran_order': False, 'shape': (8,), }", "'<i4'"),
        ("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (4,), }", "records"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "0 dimensions"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2, 2), }", "3 dimensions"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }", "takes 40 bytes, but 32"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", "takes 24 bytes, but 32"),
        (
          "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
          "too large"
        ),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "header"),
        ("{'descr': '<f8', 'shape': (4,), }", "header"), ("{'descr'", "header"), ("", "header"),
        ("{'descr': '<f8', 'fortran_order': 1, 'shape': (4,), }", "header"),
      ]
      for (header, reason) in refusals {
        try Self.write(header, zeros, to: path)
        let message = Self.refusal(path)
        #expect(message?.hasPrefix("\(path): ") == true && message?.contains(reason) == true)
      }
      try Self.write("{}", zeros, version: 4, to: path)
      #expect(Self.refusal(path)?.contains("version 4.0") == true)
      try Data("numbers".utf8).write(to: URL(filePath: path))
      #expect(Self.refusal(path) == "\(path): not a NumPy .npy file")
    }
  }

  @Test func `a vector that cannot be written says so and leaves nothing behind`() throws {
    try Self.withPath { path in
      let target = path + "/deeper/array.npy"
      #expect(throws: NumPyError.cannotWrite(path: target, reason: "No such file or directory")) {
        try [1.0].withUnsafeBufferPointer { try NumPyArray.write($0, to: target) }
      }
    }
  }
}
