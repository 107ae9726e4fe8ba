import LockstepCore
import Testing

@testable import LockstepModels

@Suite struct `Byte streams and lines` {
  private func lines(_ bytes: [UInt8]) throws -> [String] {
    let reader = LineReader(try stream(bytes))
    var lines: [String] = []
    while let line = try reader.next() { lines.append(String(decoding: line, as: UTF8.self)) }
    return lines
  }

  @Test func `lines end in LF or CRLF and the last one in nothing`() throws {
    #expect(try lines(Array("a\nb\r\n\n\ncc".utf8)) == ["a", "b", "", "", "cc"])
    #expect(try lines(Array("a\n".utf8)) == ["a"])
    #expect(try lines([0xEF, 0xBB, 0xBF] + Array("a\nb".utf8)) == ["a", "b"])
  }

  @Test func `lines longer than a chunk are whole`() throws {
    let long = String(repeating: "0123456789", count: 100_000)
    #expect(try lines(Array("x\n\(long)\ny\n\(long)".utf8)) == ["x", long, "y", long])
  }

  @Test func `gzip is recognised by its content, whatever the name`() throws {
    let folder = TemporaryFolder()
    let path = folder.write("plain.txt", gzip("1 1:2\n"))
    let table = try LIBSVMFile.read(ByteStream(path: path), as: Double.self)
    #expect(table.labels == [1])
    let other = folder.write("not.gz", "1 1:2\n")
    #expect(try LIBSVMFile.read(ByteStream(path: other), as: Double.self).labels == [1])
  }

  @Test func `gzip members follow one another`() throws {
    let text = String(repeating: "hello world\n", count: 50_000)
    #expect(try lines(gzip("a\nb") + gzip("c\n") + gzip("") + gzip("d")) == ["a", "bc", "d"])
    #expect(try lines(gzip(text) + gzip(text)).count == 100_000)
  }

  @Test func `a truncated gzip file is an error at every length`() throws {
    let whole = gzip("1 1:2\n3 4:5\n")
    for length in 2..<whole.count {
      let reason = complaint { _ = try lines(Array(whole.prefix(length))) }
      #expect(
        reason == "data: the gzip data ends early, after \(length) bytes; is it cut off?")
    }
  }

  @Test func `a damaged gzip file is an error in zlib's words`() throws {
    var damaged = gzip(String(repeating: "1 1:2\n", count: 100))
    damaged[damaged.count - 8] ^= 0xFF
    #expect(
      complaint { _ = try lines(damaged) }?.hasSuffix(": incorrect data check") == true)
    #expect(
      complaint { _ = try lines([0x1F, 0x8B, 0, 0, 0]) }
        == "data: the gzip data is damaged near byte 0: unknown compression method")
    #expect(
      complaint { _ = try lines(gzip("a\n") + Array("trailing".utf8)) }?
        .hasSuffix(": incorrect header check") == true)
  }

  @Test func `missing, empty and unreadable files have their sentence`() throws {
    let folder = TemporaryFolder()
    #expect(complaint { _ = try ByteStream(path: "/no/such") } == "/no/such: no such file")
    #expect(complaint { _ = try ByteStream(path: "/tmp") } == "/tmp: is a folder, not a file")
    let empty = folder.write("empty", "")
    #expect(complaint { _ = try ByteStream(path: empty) } == "\(empty): the file is empty")
    #expect(throws: DataError.notFound(path: "/no/such", reason: "no such file")) {
      try ByteStream(path: "/no/such")
    }
  }

  @Test func `a binary file is refused before it is read to the end`() throws {
    let zeros = [UInt8](repeating: 0, count: 1 << 20)
    #expect(
      complaint { _ = try lines(zeros) }
        == "data, line 1: is not text: it holds the control byte 0x00")
    #expect(
      complaint { _ = try LIBSVMFile.read(ByteStream(path: "/dev/zero"), as: Float.self) }
        == "/dev/zero, line 1: is not text: it holds the control byte 0x00")
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `a long text is read line by line, however its lines end`(end: String) throws {
    // Longer than what is read at once, before the bad line and after it.
    let good = String(repeating: "1 1:2" + end, count: 60_000)
    #expect(
      complaint { _ = try LIBSVMFile.read(stream(good + "1 1:\u{1}" + end + good), as: Float.self) }
        == "data, line 60001: is not text: it holds the control byte 0x01")
  }

  @Test func `an endless line is refused at 64 MiB`() throws {
    // 100 MB of spaces are 100 kB of gzip.
    let bomb = gzip([UInt8](repeating: 0x20, count: 100_000_000))
    #expect(
      complaint { _ = try lines(bomb) }
        == "data, line 1: the line is longer than 67108864 bytes")
  }
}

@Suite struct `Numbers in text` {
  private func read<Scalar: BinaryFloatingPoint & LosslessStringConvertible>(
    _ text: String, _ parse: (inout ByteCursor) -> Scalar?
  ) -> Scalar? {
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      guard var cursor = ByteCursor(bytes), let value = parse(&cursor), cursor.isAtEnd else {
        return nil
      }
      return value
    }
  }
  private func double(_ text: String) -> Double? { read(text) { $0.number(as: Double.self) } }
  private func float(_ text: String) -> Float? { read(text) { $0.number(as: Float.self) } }

  @Test(arguments: [
    "0", "-0", "1", "-1", "+1", "1.", ".5", "0.1", "1e5", "1E-5", "1e+05", "123456789012345",
    "9007199254740993", "0.30000000000000004", "1.7976931348623157e308", "4.9e-324", "1e23",
    "2.2250738585072011e-308", "1234567890.123456789e-7", "0.000000000000000000000000001",
    "16777217", "33554435", "1e22", "1e-22", "1.00000005960464477539", "1e-45", "7e-46",
    "3.4028235e38", "00000000000000000000012.50",
  ])
  func `a number is the nearest one`(_ text: String) throws {
    #expect(double(text)?.bitPattern == Double(text)?.bitPattern)
    #expect(float(text)?.bitPattern == Float(text)?.bitPattern)
  }

  @Test func `random numbers are the nearest ones, single and double`() throws {
    var random = RandomStream(seed: 1, purpose: .disturbance)
    for _ in 0..<5_000 {
      let digits = random.next() >> UInt64(random.integer(below: 64))
      let point = random.integer(below: 12)
      var text = String(digits)
      if point < text.count { text.insert(".", at: text.index(text.endIndex, offsetBy: -point)) }
      if random.integer(below: 3) == 0 { text += "e\(random.integer(below: 60) - 30)" }
      #expect(double(text)?.bitPattern == Double(text)?.bitPattern, "\(text)")
      #expect(float(text)?.bitPattern == Float(text)?.bitPattern, "\(text)")
    }
  }

  @Test func `a decimal just above halfway between two singles is not rounded twice`() {
    // 1 + 2⁻²⁴ is halfway; as a double the second text is that, too.
    #expect(float("1.000000059604644775") == 1)
    #expect(float("1.0000000596046447755") == Float(1).nextUp)
  }

  @Test(arguments: ["", "-", ".", "e5", "1e", "1e+", "nan", "inf", "0x10", "1_000", "1,5", "--1"])
  func `what is no number is none`(_ text: String) {
    #expect(double(text) == nil)
  }

  @Test func `too large a number is infinite`() {
    #expect(double("1e309") == .infinity)
    #expect(float("-1e39") == -.infinity)
    #expect(double("1e99999999999999999999") == .infinity)
    #expect(double("1e-99999999999999999999") == 0)
  }

  @Test func `a whole number of many digits saturates`() {
    func whole(_ text: String) -> Int? {
      Array(text.utf8).withUnsafeBufferPointer { bytes in
        var cursor = ByteCursor(bytes)
        return cursor?.wholeNumber()
      }
    }
    #expect(whole("2147483647") == 2_147_483_647)
    #expect(whole("1099511627776") == 1 << 40)
    #expect(whole("99999999999999999") == 99_999_999_999_999_999)
    #expect(whole("100000000000000000") == .max)
    #expect(whole(String(repeating: "9", count: 500)) == .max)
    #expect(whole("x") == nil)
  }
}
