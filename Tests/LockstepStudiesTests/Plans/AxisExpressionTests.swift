import LockstepCore
import Testing

@testable import LockstepStudies

@Suite struct `Values of an axis` {
  @Test(arguments: [
    ("1,2,4", ["1", "2", "4"]), ("3..5", ["3", "4", "5"]), ("-1..1", ["-1", "0", "1"]),
    ("range(1,9,3)", ["1", "4", "7"]), ("doubling(3,25)", ["3", "6", "12", "24"]),
    ("linspace(0,1,5)", ["0", "0.25", "0.5", "0.75", "1"]),
    ("logspace(-3,-1,5)", ["0.001", "0.00316227766017", "0.01", "0.0316227766017", "0.1"]),
    ("logspace(0,2,3)", ["1", "10", "100"]), ("linspace(2,2,1)", ["2"]),
    ("[mlp:8,activation=tanh],mlp:16", ["mlp:8,activation=tanh", "mlp:16"]),
    ("quadratic:eigenvalues=1;2;3", ["quadratic:eigenvalues=1;2;3"]),
    ("uniform:0..4,constant:1", ["uniform:0..4", "constant:1"]),
    ("0.5,linspace(1,2,2),7..8", ["0.5", "1", "2", "7", "8"]),
    ("core:0-3", ["core:0-3"]),
    ("0.1..0.5:0.1", ["0.1", "0.2", "0.3", "0.4", "0.5"]),
    ("1..9:4", ["1", "5", "9"]), ("range(0,1,0.25)", ["0", "0.25", "0.5", "0.75", "1"]),
    ("1e-3..3e-3:1e-3", ["0.001", "0.002", "0.003"]), ("0..0.95:0.3", ["0", "0.3", "0.6", "0.9"]),
    ("2..2.5:1,x", ["2", "x"]),
  ])
  func `are lists, ranges and functions`(_ text: String, _ values: [String]) throws {
    #expect(try AxisExpression.values(text) == values)
  }

  @Test(arguments: [
    ("", "no value"), ("1,,2", "empty value"), ("1,", "empty value"), ("[]", "empty value"),
    ("(1", "without its partner"), ("1]", "without its partner"),
    ("logspce(1,2,3)", "did you mean logspace?"), ("logspace(1,2)", "two numbers and how many"),
    ("logspace(1,400,2)", "beyond the numbers"), ("linspace(1,2,1)", "at least 2 values"),
    ("linspace(1,2,x)", "how many"), ("5..1", "upwards"), ("range(1,5,0)", "upwards"),
    ("0.1..0.5", "needs a step, such as 0.1..0.5:0.1; linspace"), ("0.5..0.1:0.1", "upwards"),
    ("0..1:0", "upwards"), ("0..1:-0.1", "upwards"), ("0..1e9:1e-9", "more than 1000000 values"),
    ("nan..1:0.1", "two or three numbers"), ("range(1)", "two or three"),
    ("doubling(0,4)", "from 1"),
    ("0..9000000000000000000", "more than 1000000 values"),
    ("-9223372036854775808..9223372036854775807", "more than 1000000 values"),
  ])
  func `are refused with a reason`(_ text: String, _ reason: String) {
    #expect {
      try AxisExpression.values(text)
    } throws: { error in
      (error as? AxisExpression.Failure)?.reason.contains(reason) == true
    }
  }
}
