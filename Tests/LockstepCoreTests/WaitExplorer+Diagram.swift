import LockstepCore

/// A path through the states as text, in two columns: what happens, and what the memory then holds.
extension WaitExplorer {
  /// Draws the shortest way to what was found; accesses of one kind that follow each other are one line.
  func diagram() -> String {
    guard let (_, state) = finding else { return "nothing was found\n" }
    let path = path(to: state)
    var lines: [(event: String, memory: String)] = [("", memory(path[0]))]
    for (before, after) in zip(path, path.dropFirst()) {
      let event = event(from: before, to: after)
      if let last = lines.last, last.event == event {
        lines[lines.count - 1].memory = memory(after)
      } else {
        lines.append((event, memory(after)))
      }
    }
    let width = (lines.map { $0.event.count }.max() ?? 0) + 2
    return lines.map {
      $0.event + String(repeating: " ", count: width - $0.event.count) + $0.memory + "\n"
    }.joined()
  }

  private func event(from before: State, to after: State) -> String {
    for worker in 0..<setting.workers {
      let (old, new) = (before.words[worker], after.words[worker])
      // Clocks are shifted when the slowest moves on, which is not an event of its own.
      guard
        old.phase != new.phase || old.access != new.access || old.peer != new.peer
          || old.left != new.left || old.isAsleep != new.isAsleep
      else { continue }
      return "worker \(worker) " + Self.deed(old, new)
    }
    return "interruption"
  }

  private static func deed(_ old: Worker, _ new: Worker) -> String {
    switch old.phase {
    case .top: return new.phase == .run ? "may make \(new.left) steps" : "goes on"
    case .run: return "steps"
    case .waitToStart, .waitToApply:
      switch old.access {
      case 1: return "announces its wait"
      case 5: return old.isAsleep ? "wakes up" : new.isAsleep ? "sleeps" : "need not sleep"
      case 0, 2, 3, 4: return "looks"
      default: return "takes its wait back"
      }
    case .publishComputed, .publishCompleted, .finishComputed, .finishCompleted:
      switch old.access {
      case 0: return "publishes"
      case 1: return new.access == 0 ? "sees nobody parked" : "sees somebody parked"
      case 2:
        let isDone = new.phase != old.phase || new.access == 0
        return isDone ? "is held back by worker \(old.peer), wakes nobody" : "compares"
      default: return "wakes"
      }
    case .stop: return "stops the run"
    case .finished: return ""
    }
  }

  private func memory(_ state: State) -> String {
    func text(_ value: UInt8) -> String { value == Self.finished ? "–" : "\(value)" }
    let clocks = (0..<setting.workers).map { text(state.words[$0].completed) }
    let asleep = (0..<setting.workers).filter { state.words[$0].isAsleep }
    return "clocks " + clocks.joined(separator: " ")
      + (asleep.isEmpty
        ? "" : "  asleep: " + asleep.map { "\($0)" }.joined(separator: ", "))
  }
}
