import Foundation
import Lockstep
import Testing

/// The operating system's number of the last processing unit that the tests may use.
private let lastUnit: Int? = (try? Topology(.live))?.processingUnits.map(\.os).max()

@Suite(.timeLimit(.minutes(15))) struct `A process restricted to one processing unit` {
  private func restricted(_ typed: String) throws -> CommandResult {
    try lockstep(
      typed.split(separator: " ").map(String.init),
      launcher: ["taskset", "-c", "\(try #require(lastUnit))"])
  }

  @Test func `sees that one alone`() throws {
    let document = try restricted("topology --json").document()
    let units = try #require(document["processingUnits"] as? [[String: Any]])
    #expect(units.count == 1)
    #expect(units.first?["os"] as? Int == lastUnit)
    #expect(units.first?["logical"] as? Int == 0)
  }

  @Test func `pins to core 0, which is the one it has`() throws {
    let result = try restricted(
      "run --model quadratic --updates 4 --json --quiet --pin core:0")
    #expect(result.code == 0)
    let record = try JSONDecoder().decode(RunRecord.self, from: Data(result.output.utf8))
    #expect(record.placement.map(\.os) == [[try #require(lastUnit)]])
    #expect(!record.oversubscribed)
    let other = try restricted("run --model quadratic --updates 4 --pin core:1")
    #expect(other.code == 64)
    #expect(
      other.errors == "lockstep: --pin core:1: core 1 is not available; available: 0\n")
  }

  @Test func `says that two workers are too many for it`() throws {
    let result = try restricted("run --model quadratic --updates 4 --workers 2")
    #expect(result.code == 0)
    #expect(
      result.output.contains(
        "More workers than processing units: times and staleness measure the operating system's "
          + "scheduler, not the policy.\n"))
    let document = try restricted(
      "run --model quadratic --updates 4 --workers 2 --json --quiet"
    ).document()
    #expect(document["oversubscribed"] as? Bool == true)
  }
}
