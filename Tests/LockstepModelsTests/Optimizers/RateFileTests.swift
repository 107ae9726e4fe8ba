import Foundation
import LockstepCore
import LockstepModels
import Testing

@Suite struct `A file of rate factors` {
  private func factors(_ text: String, at updates: [Int]) throws -> [Double] {
    let path = NSTemporaryDirectory() + "factors-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    let schedule = try RateSchedule("file:\(path)").loaded()
    return updates.map { schedule.factor(at: $0, of: 10) }
  }

  @Test func `has a factor a line, of which the last holds on`() throws {
    #expect(try factors("1\n0.5\n 2e-1 \n", at: [0, 1, 2, 3, 1000]) == [1, 0.5, 0.2, 0.2, 0.2])
    #expect(try factors("3", at: [0, 9]) == [3, 3])
  }

  @Test func `or an update and its factor, which holds until the next`() throws {
    #expect(try factors("0 1\n3\t0.5\n4,0\n", at: [0, 2, 3, 4, 5, 99]) == [1, 1, 0.5, 0, 0, 0])
  }

  @Test func `begins after a warm-up where there is one`() throws {
    let table = RateTable([.init(update: 0, factor: 0.5), .init(update: 2, factor: 0.25)])
    let schedule = RateSchedule(.file("x"), warmup: 4).with(table)
    #expect(
      (0..<8).map { schedule.factor(at: $0, of: 100) }
        == [0.25, 0.5, 0.75, 1, 0.5, 0.5, 0.25, 0.25])
  }

  @Test(arguments: [
    ("", "the file is empty"), ("1\n\n2", "line 2: holds no factor"),
    ("1\nx", "line 2: 'x' is not a factor"), ("-1", "line 1: '-1' is not a factor"),
    ("nan", "'nan' is not a factor"), ("inf", "'inf' is not a factor"),
    ("1 2 3", "line 1: holds 3 numbers"), ("0 1\n2", "line 2: holds 1 numbers"),
    ("1 1", "begins at update 1"), ("0 1\n0 2", "line 2: '0' is not the number of an update"),
  ])
  func `is refused with its line where it holds anything else`(text: String, message: String) {
    #expect {
      try factors(text, at: [])
    } throws: {
      "\($0)".contains(message)
    }
  }

  @Test func `is missed where there is none`() {
    #expect(throws: DataError.self) { try RateSchedule("file:/nowhere/at all").loaded() }
  }
}
