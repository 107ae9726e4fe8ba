import Dispatch
import LockstepParameters
import Synchronization
import Testing

@Suite struct `Shard layouts` {
  @Test func `cover every parameter once, and no two shards share a cache line`() {
    for bytes in [4, 8] {
      let line = ShardLayout.cacheLineBytes / bytes
      for count in [1, 2, 7, 8, 16, 17, 20, 100, 1000, 4097] {
        for shards in [1, 2, 3, 8, 20, 255] where shards <= count {
          do {
            let layout = ShardLayout.even(
              parameterCount: count, shards: shards, scalarBytes: bytes)
            let unpadded = ShardLayout.contiguous(
              parameterCount: count, shards: shards, scalarBytes: bytes)
            #expect(unpadded.ranges == layout.ranges && unpadded.isContiguous)
            #expect(unpadded.storageCount >= count && unpadded.storageCount % line == 0)
            #expect(layout.ranges.flatMap { Array($0) } == Array(0..<count))
            #expect(layout.parameterCount == count)
            var lines = Set<Int>()
            for (range, offset) in zip(layout.ranges, layout.offsets) {
              #expect(!range.isEmpty)
              #expect(offset % line == 0)
              for used in (offset / line)...((offset + range.count - 1) / line) {
                #expect(lines.insert(used).inserted, "two shards on line \(used)")
              }
              #expect(offset + range.count <= layout.storageCount)
            }
          }
        }
      }
    }
  }

  @Test func `shards differ by at most one parameter, with and without padding`() {
    let even = ShardLayout.even(parameterCount: 103, shards: 8, scalarBytes: 8)
    #expect(even.shardCount == 8)
    #expect(Set(even.ranges.map(\.count)) == [12, 13])
    #expect(!even.isContiguous)
    let contiguous = ShardLayout.contiguous(parameterCount: 103, shards: 8, scalarBytes: 8)
    #expect(contiguous.isContiguous && contiguous.ranges == even.ranges)
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Views` {
  @Test func `hold what was written, without the padding, and the versions`() {
    let layout = ShardLayout.even(parameterCount: 11, shards: 3, scalarBytes: 8)
    let parameters = SharedParameters<Double>(layout: layout, stateVectors: 2)
    let start = (0..<11).map(Double.init)
    for shard in 0..<3 { parameters.initializeShard(shard, from: start) }
    #expect(parameters.state.count == 2)
    let view = ParameterView(of: parameters)
    view.refresh()
    #expect((0..<11).map { view.values[$0] } == start)
    #expect((0..<3).map { view.versions[$0] } == [0, 0, 0])
    #expect(view.reads == 3 && view.torn == 0)

    #expect(parameters.versions.begin(1, exclusive: true) == 0)
    parameters.values[layout.offsets[1]] = 99
    parameters.versions.end(1, exclusive: true)
    #expect(parameters.versions.begin(2, exclusive: false) == 0)
    parameters.versions.end(2, exclusive: false)
    #expect(parameters.versions.begin(2, exclusive: false) == 1)
    parameters.versions.end(2, exclusive: false)
    view.refresh()
    #expect(view.values[layout.ranges[1].lowerBound] == 99)
    #expect((0..<3).map { view.versions[$0] } == [0, 1, 2])
    #expect(view.torn == 0)
  }

  @Test func `are torn where an update is in progress, begun or not yet ended`() {
    let layout = ShardLayout.even(parameterCount: 8, shards: 2, scalarBytes: 8)
    let parameters = SharedParameters<Double>(layout: layout, stateVectors: 0)
    for shard in 0..<2 {
      parameters.initializeShard(shard, from: [Double](repeating: 0, count: 8))
    }
    let view = ParameterView(of: parameters)
    // writer                      reader
    // begin(0)
    //                             copies shard 0: torn, and shard 1: whole
    // end(0)
    //                             copies both: whole
    _ = parameters.versions.begin(0, exclusive: true)
    view.refresh()
    #expect(view.torn == 1)
    parameters.versions.end(0, exclusive: true)
    view.refresh()
    #expect(view.torn == 1 && view.reads == 4)
  }

  @Test func `that are not torn hold one version whole, under fire`() {
    // A writer fills the shard with its version, again and again; a copy that mixes two versions
    // must be counted as torn.
    let layout = ShardLayout.even(parameterCount: 64, shards: 1, scalarBytes: 8)
    let parameters = SharedParameters<Double>(layout: layout, stateVectors: 0)
    parameters.initializeShard(0, from: [Double](repeating: 0, count: 64))
    let isDone = Flag()
    let group = DispatchGroup()
    DispatchQueue(label: "writer").async(group: group) {
      var version = 0
      let copy = UnsafeMutablePointer<Double>.allocate(capacity: 64)
      defer { copy.deallocate() }
      while !isDone.value || version < 1000 {
        version += 1
        copy.initialize(repeating: Double(version), count: 64)
        _ = parameters.versions.begin(0, exclusive: true)
        Double.racyWrite(copy, into: parameters.values, count: 64)
        parameters.versions.end(0, exclusive: true)
      }
    }
    let view = ParameterView(of: parameters)
    var wrong = 0
    for _ in 0..<20_000 {
      let before = view.torn
      view.refresh()
      if view.torn == before {
        let expected = Double(view.versions[0])
        for index in 0..<64 where view.values[index] != expected { wrong += 1 }
      }
    }
    isDone.set()
    group.wait()
    #expect(wrong == 0)
  }

  private final class Flag: Sendable {
    private let flag = Atomic<Bool>(false)
    var value: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
  }
}
