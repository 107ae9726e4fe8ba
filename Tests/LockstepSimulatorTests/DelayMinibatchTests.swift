import Foundation
import LockstepCore
import LockstepModels
import Testing

@testable import LockstepSimulator

struct DelayMinibatchTests {
  @Test(arguments: [Decomposition.samples, .blocks], [DelayScope.read, .message])
  func `Minibatches from a file train as the same ones drawn do`(
    decomposition: Decomposition, scope: DelayScope
  ) throws {
    guard decomposition == .samples || scope == .read else { return }
    let model = DelayTrial.logistic()
    var trial = DelayTrial()
    trial.decomposition = decomposition
    trial.scope = scope
    trial.workers = 3
    trial.updates = 60
    let drawn = try trial.run(model, "uniform:0..3")

    // Line c·P + p is worker p's at clock c; in blocks line c is everybody's at clock c.
    let workers = decomposition == .samples ? 3 : 1
    var lines: [String] = []
    for line in 0..<(20 * workers) {
      var sampler = MinibatchSampler(
        exampleCount: 120, batch: 8, method: .shuffled, seed: 7, worker: line % workers,
        workers: workers)
      var examples = [Int32](repeating: 0, count: 8)
      examples.withUnsafeMutableBufferPointer {
        if let base = $0.baseAddress { sampler.draw(clock: line / workers, into: base) }
      }
      lines.append(examples.map(String.init).joined(separator: " "))
    }
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("minibatches-\(UUID().uuidString).txt").path
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: path) }
    trial.minibatches = try MinibatchFile(path: path, exampleCount: 120)
    #expect(try trial.run(model, "uniform:0..3").parameters == drawn.parameters)
    trial.updates = 600
    #expect(throws: DataError.self) { try trial.run(model, "uniform:0..3") }
  }
}
