import LockstepModels
import Testing

@Suite struct `The schedule of observations` {
  private func updates(every: Int?, round: Int, within total: Int) -> [Int] {
    var schedule = ObservationSchedule(every: every, round: round)
    var shown: [Int] = []
    for update in 0..<total where update % round == 0 && update >= schedule.next {
      shown.append(update)
      schedule.advance(past: update)
    }
    return shown
  }

  @Test func `shows one update in so many, from the first on`() {
    #expect(updates(every: 3, round: 1, within: 10) == [0, 3, 6, 9])
    #expect(updates(every: 1, round: 1, within: 4) == [0, 1, 2, 3])
    #expect(updates(every: nil, round: 1, within: 10).isEmpty)
  }

  @Test func `shows the first update of the round at or after each that is due`() {
    for round in 1...7 {
      for every in 1...23 {
        let due = stride(from: 0, to: 200, by: every).map { ($0 + round - 1) / round * round }
        let expected = due.reduce(into: [Int]()) { list, update in
          if update < 200, list.last != update { list.append(update) }
        }
        #expect(updates(every: every, round: round, within: 200) == expected, "\(every), \(round)")
      }
    }
  }

  @Test func `names its next update, so that nobody else has to look`() {
    var schedule = ObservationSchedule(every: 4, round: 3)
    #expect(schedule.next == 0)
    schedule.advance(past: 0)
    #expect(schedule.next == 6)
    schedule.advance(past: 6)
    #expect(schedule.next == 9)
  }

  @Test func `ends where there are no more numbers`() {
    var schedule = ObservationSchedule(every: Int.max - 1, round: 5)
    schedule.advance(past: 0)
    #expect(schedule.next == Int.max)
  }
}
