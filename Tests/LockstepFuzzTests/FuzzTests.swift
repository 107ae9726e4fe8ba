import Foundation
import Testing

/// Whatever stands in a file, reading it ends in a value or in a sentence, never in a crash.
///
/// `LOCKSTEP_FUZZ_SECONDS=600 swift test --filter LockstepFuzzTests` goes on for ten minutes.
@Suite(.serialized, .timeLimit(.minutes(15))) struct `Fuzzed input` {
  @Test func `is read or refused by every reader`() throws {
    let budget = FuzzBudget()
    let all = try FuzzTargets.all()
    let targets = all.filter { budget.target == nil || $0.name == budget.target }
    try #require(!targets.isEmpty, "there is no target \(budget.target ?? "")")
    let deadline = ProcessInfo.processInfo.systemUptime + budget.seconds
    var counts: [String: (read: Int, refused: Int)] = [:]
    CrashNote.whileWatching {
      var round = 0
      repeat {
        for target in targets {
          for index in 0..<budget.count {
            let seed = budget.seed + UInt64(round * budget.count + index)
            let input = target.input(seed: seed)
            CrashNote.set(target.name, seed: seed, input: input)
            do {
              try target.read(input)
              counts[target.name, default: (0, 0)].read += 1
            } catch let failure as FuzzFailure {
              Issue.record("target \(target.name), seed \(seed): \(failure.description)")
            } catch {
              // A reader says what is wrong in a sentence.
              if "\(error)".isEmpty {
                Issue.record("target \(target.name), seed \(seed): no reason")
              }
              counts[target.name, default: (0, 0)].refused += 1
            }
          }
        }
        round += 1
      } while ProcessInfo.processInfo.systemUptime < deadline
    }
    if budget.seconds > 0 {
      for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
        print("fuzz: \(name): \(count.read) read, \(count.refused) refused")
      }
    }
  }

  @Test func `begins from files that are read`() throws {
    for target in try FuzzTargets.all() {
      for (index, input) in target.corpus.enumerated() {
        #expect(throws: Never.self, "\(target.name), file \(index)") { try target.read(input) }
      }
    }
  }

  @Test func `is the same for the same seed`() throws {
    for target in try FuzzTargets.all() {
      #expect(target.input(seed: 7) == target.input(seed: 7))
      #expect((1..<9).contains { target.input(seed: $0) != target.input(seed: 9) })
    }
  }
}

/// Something that is wrong with what was read.
struct FuzzFailure: Error, CustomStringConvertible {
  let description: String

  /// Throws unless a condition holds.
  static func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
    if !condition { throw FuzzFailure(description: reason()) }
  }
}
