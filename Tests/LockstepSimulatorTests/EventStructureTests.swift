import LockstepCore
import Testing

@testable import LockstepSimulator

@Suite struct `The event loop's structures` {
  @Test func `the heap hands events out by time, then worker, however they came in`() {
    var stream = RandomStream(seed: 1, purpose: .disturbance)
    var heap = EventHeap(capacity: 300)
    var model: [(UInt64, Int32)] = []
    var idle = Array(Int32(0)..<300)
    for _ in 0..<5_000 {
      if model.isEmpty || (!idle.isEmpty && stream.integer(below: 2) == 0) {
        let worker = idle.remove(at: stream.integer(below: idle.count))
        let time = UInt64(stream.integer(below: 40))
        heap.insert(Event(time: time, worker: worker))
        model.append((time, worker))
      } else {
        let index = model.indices.min { model[$0] < model[$1] } ?? 0
        let expected = model.remove(at: index)
        let event = heap.takeFirst()
        #expect(event?.time == expected.0 && event?.worker == expected.1)
        idle.append(expected.1)
      }
    }
    var left = 0
    while heap.takeFirst() != nil { left += 1 }
    #expect(left == model.count)
  }

  // The same answers as the conditions give when they look at every clock.
  @Test(arguments: [-3, 0, 1, -1_000]) func `the clock book releases whom the condition admits`(
    lead: Int
  ) {
    let workers = 9
    var stream = RandomStream(seed: UInt64(bitPattern: Int64(lead)), purpose: .disturbance)
    let conditions = (0..<workers).map { worker in
      worker % 3 == 2
        ? ClockCondition(.worker(WorkerID((worker + 1) % workers)), lead: lead)
        : ClockCondition(.everyone, lead: lead)
    }
    var book = ClockBook(workers: workers, conditions: conditions)
    var batch = WorkerBatch(workers: workers)
    var queue = WorkerQueue(workers: workers)
    var clocks = [Int](repeating: 0, count: workers)
    var published = clocks
    var waiting = [Bool](repeating: false, count: workers)
    func holds(_ worker: Int) -> Bool {
      conditions[worker].holds(at: clocks[worker], computed: published, completed: published)
    }
    for _ in 0..<5_000 {
      let worker = stream.integer(below: workers)
      guard !waiting[worker], published[worker] != ClockBook.finished else { continue }
      let isHeld = book.holds(conditions[worker], at: clocks[worker])
      #expect(isHeld == holds(worker))
      if holds(worker) {
        clocks[worker] += 1
        published[worker] = clocks[worker] == 300 ? ClockBook.finished : clocks[worker]
        book.publish(published[worker], by: worker, releasing: &batch)
        let released = (0..<workers).filter { waiting[$0] && holds($0) }
        batch.drain(into: &queue)
        var handed: [Int] = []
        while let next = queue.popFirst() { handed.append(next) }
        #expect(handed == released)
        for other in released { waiting[other] = false }
      } else {
        book.wait(worker, for: conditions[worker], at: clocks[worker])
        waiting[worker] = true
      }
    }
  }

  /// A clock book with what it hands workers over to.
  private func withBook(
    workers: Int, _ conditions: [ClockCondition],
    _ body: (inout ClockBook, inout WorkerBatch, inout WorkerQueue) -> Void
  ) {
    var book = ClockBook(workers: workers, conditions: conditions)
    var batch = WorkerBatch(workers: workers)
    var queue = WorkerQueue(workers: workers)
    body(&book, &batch, &queue)
  }

  @Test func `workers that wait for the same worker are released each at its own clock`() {
    let conditions = (0..<4).map { ClockCondition(.worker(WorkerID(0)), lead: $0) }
    withBook(workers: 4, conditions) { book, batch, queue in
      for worker in [2, 1, 3] { book.wait(worker, for: conditions[worker], at: 0) }
      for clock in 1...3 {
        book.publish(clock, by: 0, releasing: &batch)
        batch.drain(into: &queue)
        #expect(queue.popFirst() == clock)
        #expect(queue.popFirst() == nil)
      }
    }
  }

  // The ring begins with room for 16 counters.
  @Test func `the clock book counts workers that are far apart`() {
    withBook(workers: 3, [ClockCondition(.everyone)]) { book, batch, queue in
      for clock in 1...5_000 { book.publish(clock, by: 0, releasing: &batch) }
      #expect(book.minimum == 0)
      for clock in 1...4_000 { book.publish(clock, by: 1, releasing: &batch) }
      book.wait(0, for: ClockCondition(.everyone, lead: 3), at: 3_990)
      for clock in 1...4_500 {
        book.publish(clock, by: 2, releasing: &batch)
        #expect(book.minimum == min(clock, 4_000))
        batch.drain(into: &queue)
        #expect(queue.popFirst() == (clock == 3_993 ? 0 : nil))
      }
    }
  }
}
