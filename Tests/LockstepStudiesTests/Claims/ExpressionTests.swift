import Foundation
import Testing

@testable import LockstepStudies

struct ExpressionTests {
  private func value(_ text: String, _ names: [String: Double] = [:]) throws -> Double? {
    try Expression(text).value { names[$0] }
  }

  @Test(
    arguments: [
      ("1+2*3", 7.0), ("(1+2)*3", 9), ("2^3^2", 512), ("-2^2", -4), ("2^-1", 0.5), ("7-2-1", 4),
      ("8/4/2", 1), ("1e-3*1e3", 1), ("1.5E2", 150), ("2*-3", -6), (".5", 0.5),
      ("harmonic(4)", 25.0 / 12),
      ("max(1,min(5,3))", 3), ("sqrt(2)^2", 2), ("abs(-3)", 3), ("cos(0)+sin(0)", 1),
      ("log(exp(2))", 2), ("1 < 2 and 2 <= 2", 1), ("1 > 2 or 3 >= 4", 0), ("1 == 1", 1),
      ("1 < 0", 0),
    ] as [(String, Double)])
  func `expressions have the value that a person reads in them`(text: String, expected: Double)
    throws
  {
    let result = try #require(try value(text))
    #expect(abs(result - expected) <= 1e-12 * max(1, abs(expected)))
  }

  @Test func `the bound on the rate of delayed descent reads as it is written`() throws {
    let bound = try #require(try value("2*sin(pi/(2*(2*tau+1)))", ["tau": 4]))
    #expect(abs(bound - 0.347296) < 1e-6)
  }

  @Test func `names come in the order of their appearance, and words are not cut short`() throws {
    let expression = try Expression("order*x+a/x and andy > 0")
    #expect(expression.names == ["order", "x", "a", "andy"])
  }

  @Test func `a name without a number, and a result that is none, have no value`() throws {
    #expect(try value("x+1") == nil)
    #expect(try value("1/0") == nil)
    #expect(try value("log(-1)") == nil)
  }

  @Test(arguments: [
    "", "1+", "(1", "1)", "sine(1)", "sin()", "sin(1,2)", "min(1)", "1 2", "#", "1..2", "a b",
    String(repeating: "(", count: 5000), String(repeating: "-", count: 5000),
    Array(repeating: "x", count: 20_000).joined(separator: "+"),
  ])
  func `what is no expression is refused in a sentence`(text: String) {
    #expect(throws: ExpressionError.self) { try Expression(text) }
  }

  @Test func `a misspelt function brings the right one`() {
    #expect(
      throws: ExpressionError(
        text: "sine(1)", reason: "calls 'sine', which is no function; did you mean sin?")
    ) {
      try Expression("sine(1)")
    }
  }
}
