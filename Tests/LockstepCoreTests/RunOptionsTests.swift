import LockstepCore
import Testing

@Suite struct `Options of a run` {
  private func configuration(_ texts: KeyValuePairs<String, String>) throws -> RunConfiguration {
    var options = RunOptions()
    for (name, text) in texts { try options.set(name, text) }
    return try options.configuration()
  }

  @Test func `are one table of different names`() {
    let names = RunOptions.table.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test func `are the defaults where nothing is given`() throws {
    let run = try configuration([:])
    #expect(run.model.specification == "mlp:128")
    #expect(run.policy.specification == "barrier")
    #expect(run.workers == 1)
  }

  @Test func `take no gate where staleness is set directly`() throws {
    let run = try configuration(["engine": "virtual", "delay": "constant:2"])
    #expect(run.policy.specification == "hogwild")
  }

  @Test func `may hold several values where they may be repeated`() throws {
    let run = try configuration([
      "engine": "virtual", "workers": "4", "record": "loss=7 trace",
      "fault": "worker=1,at=5,kind=crash  worker=2,at=6,kind=restart",
    ])
    #expect(run.lossEvery == 7)
    #expect(run.recordsTrace)
    #expect(run.virtual.faults.map(\.worker) == [1, 2])
  }

  @Test(arguments: [
    ("workers", "two"), ("seed", "-1"), ("learning-rate", "fast"), ("engine", "virtul"),
    ("record", ""), ("record", "loss"), ("updates", "1.5"),
  ])
  func `are refused where a value isn't one`(_ name: String, _ text: String) throws {
    var options = RunOptions()
    try options.set(name, text)
    #expect(throws: ConfigurationError.self) { try options.configuration() }
  }

  @Test func `of no known name get the nearest one`() {
    var options = RunOptions()
    #expect {
      try options.set("learning_rate", "1")
    } throws: { error in
      guard case ConfigurationError.unknown(_, "learning_rate", _, let nearest) = error else {
        return false
      }
      return nearest == "learning-rate"
    }
  }
}

@Suite struct `The identity of a run` {
  /// The published test vectors of FNV-1a with 128 bits.
  @Test(arguments: [
    ("", "6c62272e07bb014262b821756295c58d"), ("a", "d228cb696f1a8caf78912b704e4a8964"),
    ("foobar", "343e1662793c64bf6f0d3597ba446f18"),
  ])
  func `rests on a hash that others compute alike`(_ text: String, _ digits: String) {
    #expect(String(StableHash.wide(text), radix: 16) == digits)
  }

  private func identity(_ texts: KeyValuePairs<String, String>) throws -> RunIdentity {
    var options = RunOptions()
    for (name, text) in texts { try options.set(name, text) }
    return RunIdentity(try options.configuration())
  }

  @Test func `stays what it was`() throws {
    // Folders on disk name their runs by this: it may change only with what runs record. The digits
    // were computed by another program.
    let identity = try identity([
      "engine": "virtual", "model": "quadratic:dimension=8,condition=10",
    ])
    #expect(
      identity.text == """
        batch=32
        decomposition=blocks
        engine=virtual
        held-out=automatic
        kernels=blas
        learning-rate=0.1
        model=quadratic:dimension=8,condition=10
        optimizer=sgd
        policy=barrier
        precision=double
        replicas=1
        sampling=shuffled
        schedule=constant
        seed=1
        service=constant:1.0
        warmup=0
        workers=1

        """)
    #expect(identity.id == "r-83ff1fde66e4c99b")
  }

  @Test func `doesn't depend on defaults being written out, nor on what no result depends on`()
    throws
  {
    let plain = try identity(["engine": "virtual"])
    let written = try identity([
      "engine": "virtual", "workers": "1", "seed": "1", "policy": "barrier",
      "service": "constant:1", "host-threads": "3", "save": "w.npy",
    ])
    #expect(plain == written)
  }

  @Test(arguments: [
    ("seed", "2"), ("workers", "2"), ("learning-rate", "0.05"), ("policy", "hogwild"),
    ("updates", "10"), ("record", "loss=3"), ("warmup", "1"), ("replicas", "2"),
    ("fault", "worker=0,at=1,kind=crash"), ("init", "a.npy"), ("batches", "b.txt"),
    ("data", "digits"), ("schedule", "constant"), ("precision", "single"), ("batch", "full"),
  ])
  func `depends on what results depend on`(_ name: String, _ text: String) throws {
    let plain = try identity(["engine": "virtual"])
    let other = try identity(["engine": "virtual", "\(name)": text])
    #expect(plain.id != other.id)
  }
}
