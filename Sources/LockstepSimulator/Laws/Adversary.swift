import LockstepCore

/// Picks the order of a run's events so as to make views as stale as the policy admits.
///
/// Its victims go on only when nobody else can, which is when the policy has brought everybody else to
/// a halt; of the others, whoever read last goes on first, so that older views grow older still. The
/// seed chooses the victims: one for good, one for a while each, a random rank for each iteration, or
/// a random order altogether.
///
/// **Determinism:** bit-exact.
struct Adversary: Sendable {
  private enum Strategy: Int {
    case oneVictim
    case changingVictim
    case ranks
    case anyOrder
  }

  private let seed: UInt64
  private let workers: Int
  private let strategy: Strategy
  private let period: Int

  /// Makes an adversary.
  init(seed: Int, workers: Int) {
    self.seed = UInt64(seed)
    self.workers = workers
    strategy = Strategy(rawValue: seed % 4) ?? .anyOrder
    period = 1 + seed / 4 % 7
  }

  /// The rank of a computation that begins: of all that are under way, the lowest ends next.
  ///
  /// - Parameters:
  ///   - worker: whose it is.
  ///   - clock: the worker's clock.
  ///   - sequence: the number of computations begun before it.
  func rank(worker: Int, clock: Int, sequence: Int) -> UInt64 {
    let lastFirst = (1 << 40) - UInt64(sequence)
    switch strategy {
    case .oneVictim: return lastFirst + (worker == victim(0) ? 1 << 50 : 0)
    case .changingVictim:
      return lastFirst + (worker == victim(sequence / (period * workers)) ? 1 << 50 : 0)
    case .ranks: return lastFirst + draw(worker, clock) % 8 << 50
    case .anyOrder: return 1 + draw(worker, clock) >> 8
    }
  }

  private func victim(_ phase: Int) -> Int { Int(draw(0, phase) % UInt64(workers)) }

  private func draw(_ worker: Int, _ clock: Int) -> UInt64 {
    var stream = RandomStream(seed: seed, purpose: .serviceTime, worker: worker, clock: clock)
    return stream.next()
  }
}
