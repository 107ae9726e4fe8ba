import LockstepCore
import LockstepModels
import Testing

@Suite struct `Clipping by the norm` {
  private func clipped<Scalar: ModelScalar>(_ gradient: [Scalar], to limit: Double) -> [Scalar] {
    var result = gradient
    result.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress {
        GradientClipping.clip(base, count: buffer.count, to: limit)
      }
    }
    return result
  }

  @Test func `shortens what is longer, and nothing else`() {
    #expect(clipped([3.0, -4], to: 5) == [3, -4])
    #expect(clipped([3.0, -4], to: 2.5) == [1.5, -2])
    #expect(clipped([3, -4] as [Float], to: 1) == [3 * Float(0.2), -4 * Float(0.2)])
    #expect(clipped([0.0, 0], to: 1e-300) == [0, 0])
    #expect(clipped([Double](), to: 1).isEmpty)
  }

  @Test func `holds for numbers whose squares are too large`() {
    let long = clipped([3e200, -4e200], to: 10)
    #expect((long[0] - 6).magnitude < 1e-14 && (long[1] + 8).magnitude < 1e-14)
    let single = clipped([3e30, -4e30] as [Float], to: 10)
    #expect((single[0] - 6).magnitude < 1e-6 && (single[1] + 8).magnitude < 1e-6)
  }

  @Test func `leaves what is no number to be seen`() {
    #expect(clipped([1, .infinity], to: 0.5) == [1, .infinity])
    let broken = clipped([1, .nan], to: 0.5)
    #expect(broken[0] == 1 && broken[1].isNaN)
  }

  @Test(arguments: [3, 5000]) func `takes the norm of the whole minibatch's gradient`(
    batch: Int
  ) throws {
    guard case .quadratic(let quadratic) = try ModelSpecification("quadratic:eigenvalues=3;4").kind
    else { return }
    let model = try Quadratic<Double>(quadratic, seed: 1)
    for (range, expected) in [(0..<2, [1.5, 2.0]), (0..<1, [2.5]), (1..<2, [2.5])] {
      let computer = GradientComputer(
        model: model, range: range, batch: batch, seed: 1, worker: 0, clip: 2.5)
      computer.compute(at: [1, 1], examples: UnsafeBufferPointer(start: nil, count: 0), clock: 0)
      #expect(range.indices.map { computer.gradient[$0 - range.lowerBound] } == expected)
    }
  }
}
