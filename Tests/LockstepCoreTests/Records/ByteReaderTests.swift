import LockstepCore
import Testing

/// JSON, byte by byte.
@Suite struct ByteReaderTests {
  @Test(arguments: [
    "0", "-0.0", "1", "0.1", "123456789012345678", "1e22", "1e23", "1.7976931348623157e308",
    "5e-324", "2.2250738585072014e-308", "0.30000000000000004", "9007199254740993", "1E-5",
    "-3.25e+2",
    "0.000000000000000000000001234567890123456789",
  ])
  func `numbers have the bits that the standard library gives them`(text: String) throws {
    var reader = ByteReader(Array(text.utf8)[...])
    let value = try #require(try reader.number())
    #expect(value.bitPattern == Double(text)?.bitPattern)
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
  }

  @Test(arguments: [
    "", "{", "[1,", "{\"a\"}", "nul", "-", "1e", "\"a", "{\"a\":1,}", "tru",
    "01", "1.", ".5", "-.5", "1.e3", "+1", "1e999",
  ])
  func `what isn't JSON is refused`(text: String) {
    #expect(throws: ByteReader.Malformed.self) {
      var reader = ByteReader(Array(text.utf8)[...])
      try reader.skip()
      if !reader.isAtEnd { throw ByteReader.Malformed() }
    }
  }
}
