import Foundation
import Testing

@testable import LockstepCore

@Suite struct `A schedule of the rate` {
  static let factors: [(String, [Double])] = [
    ("constant", [1, 1, 1, 1]), ("linear", [1, 0.75, 0.5, 0.01]),
    ("cosine", [1, 0.853_553_390_593_273_8, 0.5, 0.00024671981713422146]),
    ("warmup:50", [0.02, 0.52, 1, 1]), ("warmup:1", [1, 1, 1, 1]),
    ("warmup:1000", [0.001, 0.026, 0.051, 0.1]),
    ("warmup:25+linear", [0.04, 1, 0.666_666_666_666_666_7, 0.013_333_333_333_333_334]),
    ("warmup:50+cosine", [0.02, 0.52, 1, 0.000986635785864219]),
    ("step:every=25,factor=0.5", [1, 0.5, 0.25, 0.125]),
    ("step:every=10,factor=0.1", [1, 1e-2, 1e-5, 1e-9]),
    ("warmup:25+step:every=25,factor=0.5", [0.04, 1, 0.5, 0.25]),
  ]

  @Test(arguments: factors)
  func `has its factors at updates 0, 25, 50 and 99 of 100`(
    text: String, expected: [Double]
  ) throws {
    let schedule = try RateSchedule(text)
    for (update, factor) in zip([0, 25, 50, 99], expected) {
      #expect(
        (schedule.factor(at: update, of: 100) / factor - 1).magnitude < 1e-14,
        "\(text) at \(update): \(schedule.factor(at: update, of: 100))")
    }
    #expect(try RateSchedule(schedule.specification) == schedule)
  }

  @Test func `has no factor of 0 before the end of the run`() throws {
    for text in ["linear", "cosine", "warmup:3+cosine", "warmup:9+linear"] {
      let factors = RateFactors(try RateSchedule(text), updates: 1000)
      #expect((0..<1000).allSatisfy { factors.factor(at: $0) > 0 })
      // What a run makes beyond what it was asked for doesn't turn round.
      #expect(factors.factor(at: 1000) == 0 && factors.factor(at: 5000) == 0)
    }
  }

  @Test func `falls along a cosine as the C library has it`() {
    for step in 0...1000 {
      let x = Double(step) / 1000
      #expect((PortableMath.cosine(ofHalfTurns: x) - cos(.pi * x)).magnitude < 5e-16, "\(x)")
    }
  }

  @Test(arguments: [
    ("constat", "did you mean constant?"), ("warmup", "write warmup:N"),
    ("warmup:0", "write warmup:N"), ("warmup:x", "write warmup:N"),
    ("warmup:1.5", "write warmup:N"),
    ("warmup:5+", "the schedule after the '+' is missing"), ("warmup:5+warmup:5", "one warm-up"),
    ("linear+warmup:5", "not one of"), ("cosine:5", "cosine takes no argument"),
    ("step", "write step:every=N,factor=F"), ("step:every=5", "write step:every=N,factor=F"),
    ("step:every=0,factor=0.5", "every=0 is not a whole number from 1"),
    ("step:every=5,factor=0", "with N ≥ 1 updates and 0 < F ≤ 1"),
    ("step:every=5,factor=2", "factor=2 is not a finite number"),
    ("step:every=5,factor=0.5,x=1", "unknown key 'x'"), ("linear:x=1", "unknown key 'x'"),
    ("file", "write file:PATH"), ("file:", "nothing follows the ':'"), ("", "is missing"),
  ])
  func `is refused with what is wrong`(text: String, message: String) {
    #expect {
      try RateSchedule(text)
    } throws: {
      "\($0)".contains(message)
    }
  }

  @Test(arguments: [
    "constant", "linear", "warmup:7", "warmup:7+cosine", "file:a+b,c=d.txt", "warmup:2+file:x:y",
  ])
  func `is written as it is read`(text: String) throws {
    #expect(try RateSchedule(text).specification == text)
  }
}
