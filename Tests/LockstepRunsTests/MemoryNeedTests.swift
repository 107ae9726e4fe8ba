import LockstepCore
import LockstepRuns
import Testing

@Suite struct `The memory a run needs` {
  private func need(
    _ parameters: Int, workers: Int = 1, decomposition: Decomposition = .blocks,
    optimizer: OptimizerSpecification = .sgd, inPlace: Bool = false, scalarsPerExample: Int = 0,
    policy: any SynchronizationPolicy = Barrier()
  ) throws -> MemoryNeed {
    var configuration = RunConfiguration(model: try ModelSpecification("svm"))
    configuration.workers = workers
    configuration.decomposition = decomposition
    configuration.optimizer = optimizer
    configuration.policy = policy
    return MemoryNeed(
      parameters: parameters, scalarBytes: 4, configuration: configuration,
      updatesInPlace: inPlace, scalarsPerExample: scalarsPerExample, batch: 10)
  }

  @Test func `grows with views, gradients and optimizer state`() throws {
    // Shared, evaluated, handed back; a view and a gradient.
    #expect(try need(1000).bytes == 4000 * 7)
    #expect(try need(1000, workers: 4).bytes == 4000 * (5 + 4 + 1))
    #expect(try need(1000, workers: 4, decomposition: .samples).bytes == 4000 * (5 + 4 + 5))
    #expect(try need(1000, optimizer: "adam").bytes == 4000 * 9)
    #expect(try need(1000, workers: 64, inPlace: true, policy: Hogwild()).bytes == 4000 * 5)
    // The sum of a minibatch's steps, and the mean of joint ones.
    #expect(try need(1000, workers: 8, inPlace: true).bytes == 4000 * (5 + 8))
    #expect(
      try need(1000, workers: 8, decomposition: .samples, inPlace: true).bytes == 4000 * (5 + 16))
    #expect(try need(1000, scalarsPerExample: 50).bytes > 4000 * 5 + 4 * 50 * 256)
  }

  @Test func `is refused beyond the machine's, without overflowing on the way`() throws {
    #expect(try need(1_000_000, workers: 4).fits)
    let wild = try need(Int.max / 2, workers: 255, decomposition: .samples, optimizer: "adam")
    #expect(!wild.fits)
    #expect(
      wild.complaint("svm").contains(
        "svm has 4,611,686,018,427,387,903 parameters, for which 255"))
    #expect(MemoryNeed.availableBytes > 1 << 20)
  }
}
