import LockstepCore
import Testing

@Suite struct `The option held-out` {
  @Test func `a number is a fraction`() throws {
    #expect(try HeldOut("0") == .fraction(0))
    #expect(try HeldOut("0.25") == .fraction(0.25))
    #expect(try HeldOut("automatic") == .automatic)
  }

  @Test(arguments: ["1", "-0.1", "1.5", "nan", "inf"])
  func `a number outside is refused`(_ text: String) {
    #expect(
      throws: ConfigurationError.invalid(
        option: "--held-out", value: text,
        reason: "a fraction is at least 0 and less than 1; something must be left to train on")
    ) { try HeldOut(text) }
  }

  @Test func `anything else is a data set`() throws {
    #expect(try HeldOut("csv:a,b.csv") == .data(DataSpecification("csv:a,b.csv", option: "x")))
    #expect(throws: ConfigurationError.self) { try HeldOut("cvs:a") }
  }
}
