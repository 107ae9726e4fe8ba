import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

@Suite struct `The store of versions` {
  private static let ranges = [0..<2, 2..<5, 5..<6]

  private static func store(numbers: Bool, instantViews: Int = 0) -> VersionStore<Double> {
    let store = VersionStore<Double>(ranges, hasNumbers: numbers, instantViews: instantViews)
    store.write([0, 1, 2, 3, 4, 5])
    return store
  }

  private static func copy(
    _ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    let values = Table<Double>(repeating: 0, count: count)
    body(values.base)
    return (0..<count).map { values[$0] }
  }

  // Views taken and let go in any order hold what a copy of the whole vector holds.
  @Test func `shows each view the values of the moment when it was taken`() {
    var stream = RandomStream(seed: 3, purpose: .disturbance)
    let workers = 7
    let moments = Self.store(numbers: true, instantViews: workers)
    let counted = Self.store(numbers: true)
    let views = ShardViews(of: counted, workers: workers, notesStaleness: false)
    var newest = [0, 1, 2, 3, 4, 5.0]
    var copies = [[Double]?](repeating: nil, count: workers)
    var taken = [Int](repeating: 0, count: workers)
    for step in 1...3_000 {
      let worker = stream.integer(below: workers)
      if let copy = copies[worker] {
        #expect(Self.copy(6) { moments.copy(at: taken[worker], into: $0) } == copy)
        #expect(Self.copy(6) { views.copyView(of: worker, into: $0) } == copy)
        moments.letGoAll(by: worker)
        views.letGo(by: worker, copies: 3)
        copies[worker] = nil
      } else {
        moments.holdAll(by: worker)
        for shard in 0..<3 { views.beginCopy(of: shard, by: worker) }
        copies[worker] = newest
        taken[worker] = moments.moment
      }
      for _ in 0..<stream.integer(below: 3) {
        let shard = stream.integer(below: 3)
        let (one, other) = (moments.advance(shard), counted.advance(shard))
        for index in 0..<Self.ranges[shard].count {
          one[index] = Double(step)
          other[index] = Double(step)
          newest[Self.ranges[shard].lowerBound + index] = Double(step)
        }
      }
      #expect(Self.copy(6) { moments.copyNewest(into: $0) } == newest)
      #expect(moments.number(0) == counted.number(0))
    }
    // Of each shard, no more versions than views and the newest.
    #expect(moments.peak <= 3 * (workers + 1) && counted.peak <= 3 * (workers + 1))
  }

  @Test func `writes in place where no view holds the newest version`() {
    let store = Self.store(numbers: false)
    for _ in 0..<100 { _ = store.advance(1) }
    #expect(store.peak == 3)
    let view = store.hold(1)
    _ = store.advance(1)
    #expect(store.peak == 4 && store.newestVersion(1) != view)
    store.letGo(view, of: 1)
    for _ in 0..<100 { _ = store.advance(1) }
    #expect(store.peak == 4)
  }

  @Test func `keeps as many versions as are asked for and no more`() {
    let history = VersionHistory<Double>(count: 1)
    for replica in 0..<3 {
      history.start([0], capacity: 5)
      for number in 1...100 {
        history.makeRoom()
        history.store.advance(0)[0] = Double(number)
        history.keepNext()
        for delay in 0..<min(5, number + 1) {
          #expect(history.version(number - delay)[0] == Double(number - delay), "\(replica)")
        }
      }
    }
    #expect(history.store.peak == 5)
  }

  // The two fast paths: the whole vector is one shard, and a view of many shards is one moment.
  @Test func `takes its fast paths where reading and applying are instants`() throws {
    let model = try EventModels.quadratic("dimension=12")
    func run(_ decomposition: Decomposition, read: ServiceSpecification? = nil) throws
      -> EventRun<Double>
    {
      var setup = Simulation(decomposition: decomposition, workers: 4, updates: 10)
      setup.readTime = read
      let configuration = setup.configuration
      return EventRun(
        model: model, configuration: configuration, law: try ServiceLaw(.constant(1), workers: 4),
        phaseLaws: PhaseLaws(read: try read.map { try ServiceLaw($0, workers: 4, for: .read) }),
        plan: EnsemblePlan(of: configuration, model, round: 1), isFirst: true)
    }
    let whole = try run(.samples)
    #expect(!whole.isInParts && whole.store.shardCount == 1 && whole.phases == nil)
    let parts = try run(.blocks)
    #expect(parts.store.moments.count == 4 && parts.store.shardCount == 4 && parts.phases == nil)
    let slow = try run(.samples, read: .constant(1))
    #expect(slow.store.moments.count == 0 && slow.phases?.views?.count == 4)
  }
}
