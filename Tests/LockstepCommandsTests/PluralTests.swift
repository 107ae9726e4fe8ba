import Foundation
import Testing

/// One of a thing is told of in the singular.
struct PluralTests {
  private static let quadratic = "--model quadratic:eigenvalues=1 --decomposition samples"
  private static let table = "run --model least-squares --updates 3 --data csv:one.csv"

  /// Commands that have one of everything to tell of, in an order in which each finds its files.
  private static let commands = [
    "run \(quadratic) --updates 1 --trace t.csv", "trace check t.csv", "trace replay t.csv",
    "run --engine virtual \(quadratic) --updates 300", "topology --synthetic pu:1 --workers 1",
    "noise --engine virtual \(quadratic) --updates 1 --seeds 1 --every 1 --noise-shards 1",
    "bench \(quadratic) --policy hogwild --workers 1 --runs 1 --updates 1",
    "sweep seed=1 --engine virtual \(quadratic) --updates 1 --out o --dry-run",
    "sweep seed=1 --engine virtual \(quadratic) --updates 1 --out o",
    "sweep merge o --out p", "report o", "study run study.yaml", "study list",
    "\(table)", "\(table) --batches b", "\(table) --batches b --engine virtual",
    "\(table) --batches b --engine virtual --delay constant:1 --decomposition samples",
    "\(table) --held-out 0.5", "\(table) --held-out csv:two.csv", "\(table) --init two.npy",
    "\(table) --init two.npy --engine virtual", "\(table) --workers 2",
    "\(table) --workers 2 --engine virtual",
    "run --model quadratic:dimension=1 --workers 2 --engine virtual --delay constant:1 --updates 2",
    "run --engine virtual --service per-worker:1 --workers 2 --updates 1",
    "run --engine virtual --fault worker=3,at=1,kind=crash --updates 1",
    "run --model least-squares --updates 1 --data csv:short.csv",
    "run --model factorization:1 --updates 1 --data ratings:wild",
    "run --model factorization:1 --updates 1 --data ratings:market",
    "sweep seed=1..3 --limit 1 --engine virtual --updates 1 --out q",
    "sweep zip(seed=1_batch=1,2) --engine virtual --updates 1 --out q",
  ]

  @Test(.timeLimit(.minutes(15))) func `one of a thing is no plural`() throws {
    let folder = try CommandFolder()
    try folder.write("one.csv", "1,2\n")
    try folder.write("two.csv", "1,2,3\n")
    try folder.write("short.csv", "1,2,3\n1\n")
    try folder.write("b", "0\n")
    try folder.write("two.npy", CommandFolder.numPy([1, 2]))
    try folder.write("wild", "1000000000 0 1\n")
    try folder.write("market", "%%MatrixMarket matrix coordinate real general\n2 2 1\n")
    try folder.write(
      "study.yaml",
      """
      name: study
      options: {engine: virtual, model: "quadratic:eigenvalues=1", updates: 1}
      parameters: {seed: [1]}
      claims:
      - {id: c, statement: s, source: s, let: {x: noiseSeconds}, value: x, expect: {above: 0}}
      """)
    for command in Self.commands {
      let words = command.split(separator: " ").map { String($0).replacing("_", with: " ") }
      let result = try lockstep(words, in: folder.path)
      let text = result.output + result.errors
      #expect(!text.isEmpty, "\(command)")
      for match in text.matches(of: /(?:^|[\s(])1 [a-z]+s\b[^\n]*/) {
        #expect(Bool(false), "\(command): '\(match.output)'")
      }
    }
  }

  @Test func `a model without data processes no samples`() throws {
    for engine in ["threads", "virtual"] {
      let result = try lockstep(
        typed: "run --engine \(engine) \(Self.quadratic) --updates 3")
      #expect(result.code == 0)
      #expect(!result.output.contains(/[0-9] [a-zA-Z]*samples/), "\(result.output)")
    }
  }

  @Test func `a run too short for a standard error says what would give one`() throws {
    let result = try lockstep(
      typed: "run --engine virtual --model quadratic:eigenvalues=1,noise=1 --decomposition samples "
        + "--learning-rate 0.01 --updates 2000")
    let words = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .replacing(/about [0-9,]+ updates/, with: "about N updates")
      .replacing(/has [0-9]+ times/, with: "has N times")
    #expect(
      words.contains(
        "no standard error: values are correlated over about N updates, and a standard error takes 200 "
          + "times as many; this run has N times the correlation time; make more updates, or use --replicas"
      ),
      "\(words)")
  }
}
