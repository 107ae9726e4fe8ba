import LockstepCore
import Testing

@Suite struct CompensatedSumTests {
  @Test func `what a plain sum loses is kept`() {
    var sum = CompensatedSum()
    #expect(sum.value == 0)
    for term in [1, 1e100, 1, -1e100] { sum.add(term) }
    #expect(sum.value == 2)
  }

  @Test func `many small terms add up to the nearest double`() {
    // 2⁵⁵ beside 10,000 ones: a plain sum drops each of them.
    var sum = CompensatedSum()
    var plain = 0x1p55
    sum.add(plain)
    for _ in 0..<10_000 {
      sum.add(1)
      plain += 1
    }
    #expect(plain == 0x1p55 && sum.value == 0x1p55 + 10_000)
  }
}
