import Foundation
import LockstepCore
import Testing

@Suite struct `A checkpoint file` {
  private static func small() -> [UInt8] {
    let numbers = [1.5, -0.0, .infinity, 0x1p-1074]
    let words: [Int32] = [7, -1, 2]
    let arrays = [
      numbers.withUnsafeBufferPointer { ArchivedArray("numbers", $0) },
      words.withUnsafeBufferPointer { ArchivedArray("words", $0) },
      [UInt8]().withUnsafeBufferPointer { ArchivedArray("nothing", $0) },
    ]
    return CheckpointFile.encode(["updates": "12", "name": "a \"b\" / ü"], arrays) { pieces in
      pieces.flatMap { [UInt8]($0) }
    }
  }

  @Test func `has every number and every fact back`() throws {
    let file = try CheckpointFile(Self.small(), path: "c")
    #expect(
      file.facts == ["updates": "12", "name": "a \"b\" / ü", "schema": CheckpointFile.schema])
    let archive = StateArchive(file)
    var (numbers, words, nothing) = ([Double](), [Int32](), [UInt8](repeating: 1, count: 3))
    try archive.list("numbers", &numbers)
    try archive.list("words", &words)
    #expect(throws: CheckpointError.self, "something is left") { try archive.finish() }
    try archive.list("nothing", &nothing)
    try archive.finish()
    #expect(numbers.map(\.bitPattern) == [1.5, -0.0, .infinity, 0x1p-1074].map(\.bitPattern))
    #expect(words == [7, -1, 2])
    #expect(nothing.isEmpty)
  }

  @Test func `is refused in a sentence with any byte changed`() throws {
    let bytes = Self.small()
    for index in bytes.indices {
      var damaged = bytes
      // A bit, the case of a letter, or everything.
      damaged[index] ^= [1, 0x20, 0x80, 0xFF][index % 4]
      let error = #expect(throws: CheckpointError.self, "byte \(index)") {
        try CheckpointFile(damaged, path: "c.ckpt")
      }
      #expect(error?.description.hasPrefix("--resume c.ckpt: ") == true)
    }
  }

  @Test func `is refused cut off at any length, and with bytes after its end`() {
    let bytes = Self.small()
    for count in bytes.indices {
      let error = #expect(throws: CheckpointError.self, "\(count) bytes") {
        try CheckpointFile(Array(bytes[..<count]), path: "c.ckpt")
      }
      let expected =
        count < 9
        ? "is no checkpoint; name a file that lockstep run --checkpoint wrote"
        : "the checkpoint is cut off; take another copy of it, or begin the run anew"
      #expect(error == .unusable(path: "c.ckpt", reason: expected), "\(count) bytes")
    }
    #expect(throws: CheckpointError.self) { try CheckpointFile(bytes + [0], path: "c") }
  }

  @Test(arguments: [
    "", "x", "{\"a\": 1}\n", "\u{93}NUMPY", "01234567{\"other\": {}}",
  ])
  func `is none, whatever else it is`(text: String) {
    #expect(
      throws: CheckpointError.unusable(
        path: "c", reason: "is no checkpoint; name a file that lockstep run --checkpoint wrote")
    ) { try CheckpointFile(Array(text.utf8), path: "c") }
  }

  @Test func `of another schema is refused by its name`() throws {
    var bytes = Self.small()
    let place = try #require(
      String(decoding: bytes, as: UTF8.self).utf8.firstRange(of: "checkpoint/1".utf8))
    let offset = String(decoding: bytes, as: UTF8.self).utf8.distance(
      from: "".startIndex, to: place.upperBound)
    bytes[offset - 1] = UInt8(ascii: "2")
    let error = #expect(throws: CheckpointError.self) { try CheckpointFile(bytes, path: "c") }
    #expect(error?.description.contains("of schema 'lockstep.checkpoint/2'") == true)
  }

  @Test func `that isn't there is said to be missing`() {
    let error = #expect(throws: CheckpointError.self) { try CheckpointFile(path: "/none/c.ckpt") }
    #expect(
      error
        == .cannotOpen(path: "/none/c.ckpt", reason: "no such file"))
  }

  @Test func `has a digest that doesn't depend on the pieces`() {
    let bytes = (0..<100).map { UInt8($0 * 7 % 251) }
    var whole = ContentDigest()
    bytes.withUnsafeBytes { whole.add($0) }
    for size in 1..<40 {
      var digest = ContentDigest()
      for start in stride(from: 0, to: bytes.count, by: size) {
        Array(bytes[start..<min(bytes.count, start + size)]).withUnsafeBytes { digest.add($0) }
      }
      #expect(digest.value == whole.value, "pieces of \(size)")
    }
    var longer = ContentDigest()
    (bytes + [0]).withUnsafeBytes { longer.add($0) }
    #expect(longer.value != whole.value)
  }
}

@Suite struct `Where checkpoints go` {
  @Test func `is a file and a time`() throws {
    for (text, path, seconds) in [
      ("a.ckpt", "a.ckpt", 60.0), ("a,b.ckpt", "a,b.ckpt", 60), ("a,every=30s", "a", 30),
      ("a,every=5m", "a", 300), ("a,every=1.5h", "a", 5400), ("a,every=2", "a", 2),
      ("x,every=1s,every=2s", "x,every=1s", 2),
    ] {
      #expect(
        try CheckpointSpecification(text) == CheckpointSpecification(path: path, seconds: seconds))
    }
    for text in [
      "", ",every=3s", "a,every=", "a,every=0", "a,every=-1s", "a,every=3d", "a,every=nan",
    ] {
      #expect(throws: ConfigurationError.self, "\(text)") { try CheckpointSpecification(text) }
    }
  }
}
