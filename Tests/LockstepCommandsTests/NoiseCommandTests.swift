import Foundation
import LockstepRuns
import LockstepTelemetry
import Testing

@testable import LockstepCommands

@Suite(.timeLimit(.minutes(15))) struct `The command noise` {
  private static let network =
    "--model mlp:4 --data synthetic:task=classification,examples=90,features=6,classes=3 "
    + "--engine virtual --workers 3 --updates 60 --decomposition samples"

  @Test func `tells of runs, means and intervals in one document`() throws {
    let folder = try CommandFolder()
    let result = try lockstep(
      typed: "noise \(Self.network) --policy hogwild --every 12 --seeds 2 --seed 5 --json --out o "
        + "--noise-shards workers,3,2", in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
    let document = try JSONDecoder().decode(NoiseDocument.self, from: Data(result.output.utf8))
    #expect(document.schema == "lockstep.noise/1" && document.seeds == [5, 6])
    #expect(document.configuration["noiseShards"] == .text("workers,3,2"))
    #expect(document.configuration["record"] == .text("loss=3 noise=12"))
    // Five probes; three workers and three shards are one split: two splits on three sets.
    #expect(document.runs.map(\.noise.count) == [30, 30])
    #expect(document.summary.count == 6 * 9)
    #expect(try folder.read("o/noise.json") == Data(result.output.utf8.dropLast()))
    let lines = String(decoding: try folder.read("o/noise.csv"), as: UTF8.self)
      .split(separator: "\n")
    #expect(lines.count == 61)
    #expect(lines[0].hasPrefix("seed,update,set,shards,loss,promisedDecrease,interaction,"))
    #expect(lines[1].hasPrefix("5,0,current,3,") && lines[60].hasPrefix("6,48,heldout,2,"))
    #expect(lines.allSatisfy { $0.split(separator: ",").count <= NoiseTable.columns.count })
  }

  @Test func `gives the records of run --record noise with the same seed`() throws {
    for options in [
      "\(Self.network) --policy hogwild --service exponential:1",
      "--model quadratic:dimension=5,condition=4,noise=0.1 --workers 2 --updates 40 --pin none",
    ] {
      let run = try lockstep(typed: "run \(options) --seed 3 --record noise=8 --json")
      let record = try JSONDecoder().decode(RunRecord.self, from: Data(run.output.utf8))
      let noise = try lockstep(typed: "noise \(options) --seed 2 --seeds 2 --every 8 --json")
      let document = try JSONDecoder().decode(NoiseDocument.self, from: Data(noise.output.utf8))
      #expect(document.runs.last?.seed == 3)
      #expect(document.runs.last?.noise == record.noise && !record.noise.isEmpty)
      #expect(document.runs.last?.loss.final == record.loss.final)
    }
  }

  @Test func `reports tables and what they say within 120 columns`() throws {
    let result = try lockstep(
      typed: "noise \(Self.network) --policy hogwild --seeds 1 --progress none")
    #expect(result.code == 0 && result.errors.isEmpty)
    for line in result.output.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    #expect(result.output.contains("current batch, 3 shards"))
    #expect(result.output.contains("With 3 shards, interaction costs "))
    #expect(result.output.contains("Staleness costs "))
    #expect(result.output.contains(" % of the promised decrease on the current batch, "))
    let run = try lockstep(typed: "run \(Self.network) --record noise=20")
    #expect(run.output.contains("noise       3 probes, which took "))
    #expect(run.output.contains("\nanother batch       3  "))
  }

  @Test(arguments: [
    ("noise --every 0", "--every 0: write a whole number of updates from 1"),
    ("noise --every 5 --record noise=5", "--every and --record noise=EVERY say the same"),
    ("noise --seeds 0", "--seeds 0: write a whole number of runs from 1 to 1000"),
    ("noise --seed 18446744073709551615", "there are not so many seeds"),
    ("noise --save w.npy", "--save is about a single run"),
    ("noise --record trace", "--record trace is about a single run"),
    ("noise --noise-shards 0", "--noise-shards 0: write workers, parameters, or a whole number"),
    ("noise --noise-shards workers,,2", "--noise-shards : write workers"),
    ("noise --noise-directions 0", "--noise-directions 0: write a whole number of random"),
    ("noise --noise-heldout 9223372036854775807", "held-out examples from 1 to 2147483647"),
    ("noise --noise-heldout 0", "--noise-heldout 0: write a whole number of held-out"),
    (
      "noise --model quadratic:dimension=4,condition=2 --noise-heldout 3",
      "--noise-heldout doesn't go with --model quadratic"
    ),
    ("run --record noise", "--record noise: write noise=EVERY with a whole number"),
    ("run --record noise=0", "--record noise=0: write noise=EVERY with a whole number"),
    ("run --record noise=9223372036854775807", "with a whole number of updates from 1 to 10¹⁵"),
    ("run --record nose=3", "did you mean noise?"),
    ("run --noise-shards 4", "--noise-shards says how noise probes look at updates; add --record"),
    ("run --noise-directions 4", "--noise-directions says how noise probes look at updates"),
  ])
  func `bad usage is said in a sentence`(typed: String, sentence: String) throws {
    let result = try lockstep(typed: typed)
    #expect(result.code == 64 && result.output.isEmpty)
    #expect(result.errors.contains(sentence), "\(result.errors)")
    #expect(
      result.errors.hasPrefix("lockstep: ") && result.errors.split(separator: "\n").count == 1)
  }

  @Test func `an interrupted one tells of what there is`() throws {
    let process = try LockstepProcess(
      ("noise --model quadratic:dimension=4,condition=2 --engine virtual --updates 1000000000000 "
        + "--every 1000 --seeds 2 --json --progress auto").split(separator: " ").map(String.init),
      terminal: true)
    try process.waitForErrors(toContain: "seed 1, ")
    process.send(SIGINT)
    let result = try process.finish()
    #expect(result.code == 130)
    let document = try JSONDecoder().decode(NoiseDocument.self, from: Data(result.output.utf8))
    #expect(document.runs.map(\.status) == [.interrupted])
    #expect(document.runs.first?.noise.isEmpty == false)
  }
}
