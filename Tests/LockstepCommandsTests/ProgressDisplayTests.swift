import Testing

@testable import LockstepCommands

@Suite struct `The progress bar` {
  @Test(arguments: 1...200)
  func `fits into a terminal of any width`(_ columns: Int) {
    let line = ProgressDisplay.line(
      "mlp:128 barrier", 0.5, "1,000 of 2,000 updates, loss 0.1234", remaining: ", 12 s left",
      columns: columns)
    #expect(line.count < columns || columns == 1)
    #expect(line.contains("50 %") == (columns > 4))
    #expect(line.contains("██████████░") == (columns >= 80) || columns < 100)
  }

  @Test func `leaves out the less important first`() {
    func line(_ columns: Int) -> String {
      ProgressDisplay.line("title", 0.25, "detail", remaining: ", 1 s left", columns: columns)
    }
    #expect(line(80) == "title ██████░░░░░░░░░░░░░░░░░░ 25 % detail, 1 s left")
    #expect(line(50) == "title ██░░░░░░░░ 25 % detail, 1 s left")
    #expect(line(36) == "██░░░░░░░░ 25 % detail, 1 s left")
    #expect(line(25) == "25 % detail, 1 s left")
    #expect(line(15) == "25 % detail")
    #expect(line(9) == "25 % det")
  }

  @Test func `and every message spell control characters out`() {
    #expect(Console.visible("a\tb\nc") == "a\tb\nc")
    #expect(
      Console.visible("\u{1B}[2J\u{7}\r\u{9B}\u{202E}é😀")
        == "\\u{1B}[2J\\u{7}\\u{D}\\u{9B}\\u{202E}é😀")
  }
}
