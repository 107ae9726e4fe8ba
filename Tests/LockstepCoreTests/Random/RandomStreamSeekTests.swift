import LockstepCore
import Testing

@Suite struct RandomStreamSeekTests {
  @Test func `a stream that seeks goes on where a fresh one would have come to`() {
    let fresh = RandomStream(seed: 7, purpose: .gradientNoise, worker: 3, clock: 11)
    var sequential = fresh
    let deviates = (0..<20).map { _ in sequential.normal() }
    for index in 0..<20 {
      var sought = fresh
      _ = sought.next()
      sought.seek(toDeviate: index)
      #expect((index..<20).map { _ in sought.normal() } == Array(deviates[index...]))
    }
  }
}
