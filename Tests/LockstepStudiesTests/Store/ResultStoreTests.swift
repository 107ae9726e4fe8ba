import Foundation
import LockstepCore
import LockstepTelemetry
import LockstepTopology
import Testing

@testable import LockstepStudies

@Suite struct `A result folder` {
  private let folder: TemporaryFolder
  private let runs: PlannedRuns
  private let records: [StoredRun]

  init() throws {
    folder = try TemporaryFolder()
    let other = try TemporaryFolder()
    let plan = try SweepPlan(axes: ["seed=1..4"], options: Trial.options)
    runs = try plan.runs()
    let store = try ResultStore(opening: other.path, document: "hash: p-1\n", digest: "p-1")
    _ = try SweepExecutor().execute(runs.distinct, into: store, on: Topology(.live))
    records = try store.runs()
  }

  private func open(_ digest: String = "p-1") throws(StoreError) -> ResultStore {
    try ResultStore(opening: folder.path, document: "hash: \(digest)\n", digest: digest)
  }

  private func lines() throws -> [String] {
    try folder.read("results.jsonl").split(separator: "\n", omittingEmptySubsequences: false)
      .map(String.init)
  }

  @Test func `holds one line a run, and each run once`() throws {
    let store = try open()
    for record in records + records { try store.append(record) }
    #expect(store.count == 4)
    #expect(try lines().count == 5)
    #expect(try lines().last == "")
    #expect(try store.runs().map(\.id) == records.map(\.id))
  }

  @Test func `reads back what was written`() throws {
    let store = try open()
    try store.append(records[0])
    let again = try #require(try store.runs().first)
    #expect(try ResultStore.encode(again) == ResultStore.encode(records[0]))
  }

  @Test func `loses the beginning of a line that was never finished`() throws {
    for kept in [1, 10, 200] {
      try? FileManager.default.removeItem(atPath: "\(folder.path)/results.jsonl")
      do {
        let store = try open()
        try store.append(records[0])
      }
      let torn = String(decoding: try ResultStore.encode(records[1]), as: UTF8.self).prefix(kept)
      let whole = try folder.read("results.jsonl")
      try folder.write("results.jsonl", whole + torn)
      #expect(try ResultStore.ids(in: folder.path) == [records[0].id])
      let store = try open()
      #expect(store.count == 1)
      #expect(try folder.read("results.jsonl") == whole)
    }
  }

  @Test func `keeps a whole line that lacks its newline`() throws {
    do {
      let store = try open()
      for record in records[..<2] { try store.append(record) }
    }
    let whole = try folder.read("results.jsonl")
    try folder.write("results.jsonl", String(whole.dropLast()))
    #expect(try ResultStore.runs(in: folder.path).count == 2)
    let store = try open()
    #expect(store.count == 2)
    #expect(try folder.read("results.jsonl") == whole)
  }

  @Test func `says which line in the middle can't be read`() throws {
    do {
      let store = try open()
      for record in records { try store.append(record) }
    }
    var found = try lines()
    found[1] = String(found[1].dropLast(30))
    try folder.write("results.jsonl", found.joined(separator: "\n"))
    let error = StoreError.corrupt(
      path: "\(folder.path)/results.jsonl", line: 2, reason: "is not the record of a run")
    #expect(throws: error) { try open() }
    #expect(throws: error) { try ResultStore.runs(in: folder.path) }
  }

  @Test func `is one sweep's at a time`() throws {
    do {
      let store = try open()
      #expect(throws: StoreError.busy(folder: folder.path)) { try open() }
      #expect(store.count == 0)
    }
    #expect(try open().count == 0)
  }

  @Test func `is one plan's`() throws {
    _ = try open("p-1")
    #expect(
      throws: StoreError.otherPlan(folder: folder.path, found: "p-1", asked: "p-2")
    ) { try open("p-2") }
  }

  @Test func `with results but no plan is left alone`() throws {
    let line = String(decoding: try ResultStore.encode(records[0]), as: UTF8.self) + "\n"
    try folder.write("results.jsonl", line)
    #expect(throws: StoreError.self) { try open() }
    #expect(try folder.read("results.jsonl") == line)
  }

  @Test func `is joined with others of its plan`() throws {
    let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
    for (folder, part) in [(one, records[..<3]), (two, records[2...])] {
      let store = try ResultStore(opening: folder.path, document: "hash: p-1\n", digest: "p-1")
      for record in part { try store.append(record) }
    }
    let (store, merge) = try StoreMerge.join([one.path, two.path], into: folder.path)
    #expect(merge.added == 4)
    #expect(merge.repeated == 1)
    #expect(try store.runs().map(\.id) == records.map(\.id))
  }

  @Test func `is not joined with another plan's, nor with what is no folder of results`() throws {
    let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
    _ = try ResultStore(opening: one.path, document: "hash: p-1\n", digest: "p-1")
    _ = try ResultStore(opening: two.path, document: "hash: p-2\n", digest: "p-2")
    #expect(throws: StoreError.self) {
      try StoreMerge.join([one.path, two.path], into: folder.path)
    }
    #expect(throws: StoreError.self) { try StoreMerge.join([folder.path], into: two.path) }
    #expect(throws: StoreError.self) { try StoreMerge.join(["/none"], into: folder.path) }
  }

  @Test func `refuses one id with two configurations`() throws {
    let (one, two) = (try TemporaryFolder(), try TemporaryFolder())
    var other = records[0]
    other.record.configuration["workers"] = .integer(77)
    for (folder, record) in [(one, records[0]), (two, other)] {
      let store = try ResultStore(opening: folder.path, document: "hash: p-1\n", digest: "p-1")
      try store.append(record)
    }
    #expect(throws: StoreError.self) {
      try StoreMerge.join([one.path, two.path], into: folder.path)
    }
  }

  @Test func `has a table with a row for each run and its cells in their columns`() throws {
    var run = records[0]
    run.part = "a, \"b\""
    // Records stand in the order in which their runs ended.
    let seed = try #require(run.axes["seed"]?.text)
    var probe = NoiseRecord(update: 0, set: "current", shards: 2)
    probe.interaction = 1
    var next = probe
    next.interaction = 2
    run.record.noise = [probe, next]
    let rows = ResultTable.csv([run, records[1]], axes: ["seed", "updates", "learning-rate"])
      .split(separator: "\n").map(String.init)
    #expect(rows.count == 3)
    #expect(
      rows[0].hasPrefix(
        "id,part,seed,axis.updates,learning-rate,status,oversubscribed,loss.initial,"))
    #expect(rows[1].hasPrefix("\(run.id),\"a, \"\"b\"\"\",\(seed),20,0.05,completed,"))
    #expect(rows[0].contains(",noise.interaction[current]@shards=2,"))
    #expect(rows[1].contains(",1.5,"))
    let head = rows[0].split(separator: ",").map(String.init)
    // What all runs share is there, too: who has the table has the options.
    for name in ["model", "engine", "workers", "policy", "precision"] {
      #expect(head.contains(name))
    }
    // Every column of a number or an option is called as the metric is, and holds what that says.
    let cells = Self.cells(rows[2])
    for (name, cell) in zip(head, cells)
    where !["id", "part", "status", "oversubscribed"].contains(name) {
      let metric = try Metric(name)
      if let number = Double(cell) {
        #expect(metric.value(in: records[1]) == number, "\(name)")
      }
    }
    for number in RunRecord.numbers { #expect(head.contains(number.path)) }
    let columns = rows[0].split(separator: ",", omittingEmptySubsequences: false).count
    #expect(cells.count == columns)
  }

  /// The cells of a row, quoted or not.
  private static func cells(_ row: String) -> [String] {
    var cells = [""]
    var isQuoted = false
    for character in row {
      if character == "\"" {
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        cells.append("")
      } else {
        cells[cells.count - 1].append(character)
      }
    }
    return cells
  }

  @Test func `lines that stand twice and blank lines are passed over by every reader`() throws {
    do {
      let store = try open()
      for record in records[..<2] { try store.append(record) }
    }
    let found = try lines()
    try folder.write(
      "results.jsonl", "\n\(found[0])\n  \n\(found[1])\r\n\(found[0])\n\r\n \n")
    let ids = records[..<2].map(\.id)
    #expect(try ResultStore.ids(in: folder.path) == Set(ids))
    #expect(try ResultStore.runs(in: folder.path).map(\.id) == ids)
    let store = try open()
    #expect(store.count == 2)
    #expect(try store.runs().map(\.id) == ids)
  }

  @Test func `becomes a larger plan's that contains its own, and no other's`() throws {
    func open(_ axes: [String]) throws -> ResultStore {
      let plan = try SweepPlan(axes: axes, options: Trial.options)
      let runs = try plan.runs()
      return try ResultStore(
        opening: folder.path, document: PlanDocument.text(plan, digest: runs.digest),
        digest: runs.digest, extendedBy: runs)
    }
    do { try open(["seed=1..3"]).append(records[0]) }
    let before = try folder.read("plan.yaml")
    #expect(throws: StoreError.self) { _ = try open(["seed=1..2"]) }
    #expect(throws: StoreError.self) { _ = try open(["seed=2..9"]) }
    #expect(try folder.read("plan.yaml") == before)
    do {
      let store = try open(["seed=1..5"])
      #expect(store.count == 1)
    }
    #expect(try folder.read("plan.yaml") != before)
    // An axis more is a larger plan, too: the old runs are those of its first value.
    do { #expect(try open(["seed=1..5", "workers=1,2"]).count == 1) }
  }

  @Test func `is told apart from records of other plans`() throws {
    var foreign = records[0]
    foreign.id = "r-other"
    let divided = runs.divided([records[0], foreign, records[1]])
    #expect(divided.own.map(\.id) == [records[0].id, records[1].id])
    #expect(divided.foreign.map(\.id) == ["r-other"])
    let search = try SweepPlan(
      parts: SweepPlan(axes: ["seed=1,2"], options: Trial.options).parts, bisectionTolerance: 0.1
    ).runs()
    let trial = search.all[0].trial(at: 2)
    var own = StoredRun(id: trial.id, axes: trial.axes, record: records[0].record)
    own.axes["learning-rate"] = .integer(2)
    var other = own
    other.axes["seed"] = .integer(3)
    #expect(search.divided([own, other]).own.map { $0.axes } == [own.axes])
  }
}
