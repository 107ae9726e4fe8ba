import Lockstep
import LockstepTestSupport
import Testing

/// The commands that the explorer of schedules prints where a policy breaks a rule.
@Suite(.timeLimit(.minutes(15))) struct `Explored schedules` {
  /// The first schedule of each policy with each decomposition.
  static let schedules: [ExploredSchedule] = {
    var found: [ExploredSchedule] = []
    for schedule in (0..<500).lazy.map({ ExploredSchedule($0) })
    where !found.contains(where: {
      $0.policy == schedule.policy && $0.decomposition == schedule.decomposition
    }) {
      found.append(schedule)
    }
    return found
  }()

  @Test func `are of every policy, in blocks and in samples`() {
    #expect(Self.schedules.count == 2 * ExploredSchedule.policies.count)
  }

  @Test(arguments: schedules.indices)
  func `are made again, event by event and bit by bit, by the commands that are printed`(
    _ index: Int
  ) throws {
    let schedule = Self.schedules[index]
    let folder = try CommandFolder()
    let commands = try schedule.commands.map { command in
      let words = command.split(separator: " ").map(String.init)
      try #require(words.first == "lockstep")
      return Array(words.dropFirst())
    }
    try #require(commands.count == 2)
    let run = try lockstep(commands[0] + ["--quiet", "--save", "w.npy"], in: folder.path)
    #expect(run.code == 0 && run.errors.isEmpty, "\(schedule.commands[0]): \(run.errors)")
    let check = try lockstep(commands[1], in: folder.path)
    #expect(check.code == 0 && check.output.contains("every rule holds"), "\(check.output)")

    let explored = try schedule.run()
    let replayed = try TraceFile.read("\(folder.path)/t.csv")
    #expect(replayed.events == explored.trace?.events, "\(schedule.commands[0])")
    #expect(try folder.doubles("w.npy") == explored.parameters, "\(schedule.commands[0])")
  }
}
