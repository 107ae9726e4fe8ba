import Foundation
import Testing

@Suite(.timeLimit(.minutes(15))) struct `Traces from the command line` {
  @Test(arguments: ["threads --pin none", "virtual --service exponential:1"])
  func `are recorded, checked and drawn`(_ engine: String) throws {
    let folder = try CommandFolder()
    let run =
      "run --engine \(engine) --model quadratic:dimension=6 --decomposition samples --policy "
      + "bounded:1 --workers 2 --updates 30 --quiet"
    for name in ["t.csv", "t.jsonl"] {
      let result = try lockstep(typed: "\(run) --trace \(name)", in: folder.path)
      #expect(result.code == 0 && result.errors.isEmpty)
      let check = try lockstep(typed: "trace check \(name)", in: folder.path)
      #expect(check.code == 0, "\(check.output)")
      #expect(
        check.output.hasPrefix("30 iterations of 2 workers under bounded:1: every rule holds"))
      let show = try lockstep(typed: "trace show \(name) --count 6 --columns 40", in: folder.path)
      let lines = show.output.split(separator: "\n")
      #expect(lines.count == 3 && lines[1].hasPrefix("0 |") && lines[1].count == 44)
    }
    let perfetto = try lockstep(typed: "\(run) --trace t.json", in: folder.path)
    #expect(perfetto.code == 0)
    #expect(try JSONSerialization.jsonObject(with: folder.read("t.json")) is [String: Any])
    _ = try lockstep(typed: "\(run) --record trace --out results", in: folder.path)
    #expect(try lockstep(typed: "trace check results/trace.csv", in: folder.path).code == 0)
  }

  @Test func `that break a rule end with 1, and say which event it was`() throws {
    let folder = try CommandFolder()
    _ = try lockstep(
      typed: "run --engine virtual --model quadratic:dimension=6 --workers 3 --policy barrier "
        + "--updates 30 --quiet --trace t.csv", in: folder.path)
    var lines = String(decoding: try folder.read("t.csv"), as: UTF8.self)
      .split(separator: "\n").map(String.init)
    let index = try #require(lines.firstIndex { $0.hasPrefix("1,4,1,") })
    lines[index] = lines[index].replacing("4;4;4", with: "4;3;4")
    try folder.write("t.csv", lines.joined(separator: "\n") + "\n")
    let check = try lockstep(typed: "trace check t.csv", in: folder.path)
    #expect(check.code == 1)
    #expect(check.output.contains("worker 1, clock 4: breaks 'policy': a view under barrier holds"))
    let json = try lockstep(typed: "trace check t.csv --json", in: folder.path)
    let document = try json.document()
    #expect(json.code == 1 && document["schema"] as? String == "lockstep.trace-check/1")
  }

  @Test(arguments: [
    ("\"policy\":\"barrier\",\"positive", "\"policy\":\"none\",\"positive"),
    ("\"updates\":30,\"warmup", "\"updates\":9223372036854775807,\"warmup"),
    ("\"clip\":1", "\"clip\":-1"),
  ])
  func `whose options make no run are not executed again`(_ from: String, _ to: String) throws {
    let folder = try CommandFolder()
    _ = try lockstep(
      typed: "run --engine virtual --model quadratic:dimension=6 --workers 3 --policy barrier "
        + "--clip 1 --updates 30 --quiet --trace t.csv", in: folder.path)
    let text = String(decoding: try folder.read("t.csv"), as: UTF8.self)
    try #require(text.contains(from), "\(text.prefix(1200))")
    try folder.write("t.csv", text.replacing(from, with: to))
    let replay = try lockstep(typed: "trace replay t.csv", in: folder.path)
    #expect(replay.code == 65 && replay.output.isEmpty, "\(replay)")
    #expect(replay.errors.hasPrefix("lockstep: t.csv, line 1: its run: --"), "\(replay.errors)")
  }

  @Test func `whose model doesn't fit into memory are not executed again`() throws {
    let folder = try CommandFolder()
    _ = try lockstep(
      typed: "run --model mlp:4 --decomposition samples --workers 2 --pin none --updates 30 "
        + "--quiet --trace t.csv", in: folder.path)
    let text = String(decoding: try folder.read("t.csv"), as: UTF8.self)
    try #require(text.contains("mlp:4"))
    try folder.write("t.csv", text.replacing("mlp:4", with: "mlp:1048576x4096"))
    let replay = try lockstep(typed: "trace replay t.csv", in: folder.path)
    #expect(replay.code == 65 && replay.output.isEmpty, "\(replay)")
    #expect(
      replay.errors.contains(
        "mlp:1048576x4096 on digits has 4,363,169,802 parameters, for which 2 workers need about"),
      "\(replay.errors)")
  }

  @Test(arguments: [
    ("trace check none.csv", Int32(66), "none.csv: no such file"),
    ("trace show other.jsonl", 65, "not lockstep.trace/1; give a trace that --trace FILE.csv or"),
    ("trace check empty.csv", 65, "empty.csv, line 1: it doesn't begin with a header"),
    ("trace check broken.csv", 65, "broken.csv, line 3: '1,2,x' is not an event"),
    ("trace show broken.csv", 65, "broken.csv, line 3"),
    ("run --record trace", 64, "--record trace needs a place for the trace"),
    (
      "run --engine virtual --model quadratic --updates 999999999999 --trace t.csv", 64,
      "a trace of 999999999999 iterations takes about"
    ),
    ("run --trace none/t.csv", 73, "none/t.csv"),
    (
      "run --engine virtual --model quadratic --delay constant:1 --trace t.csv", 64,
      "a trace (--trace, --record trace) holds events in time, and under --delay no time passes"
    ),
  ])
  func `that cannot be are refused`(_ typed: String, _ code: Int32, _ text: String) throws {
    let folder = try CommandFolder()
    try folder.write("empty.csv", "")
    try folder.write("other.jsonl", "{\"schema\":\"other\"}\n")
    let header =
      "# {\"configuration\":{},\"decomposition\":\"samples\",\"engine\":\"virtual\","
      + "\"isDealt\":false,\"isJoint\":false,\"policy\":\"hogwild\","
      + "\"schema\":\"lockstep.trace/1\",\"shards\":1,\"timeUnit\":\"unit\",\"torn\":0,"
      + "\"updates\":1,\"workers\":2}"
    try folder.write("broken.csv", "\(header)\nworker\n1,2,x\n")
    let result = try lockstep(typed: typed, in: folder.path)
    #expect(result.code == code && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains(text), "\(result.errors)")
  }
}
