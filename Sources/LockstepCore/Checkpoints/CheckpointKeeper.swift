/// The checkpoints of one run, as its engine sees them: when one is due, where its state goes, and which state
/// it begins with.
///
/// An engine transfers its own state; whoever keeps more beside it, such as the records of probes, adds that
/// to ``besides``.
///
/// **Concurrency:** used by the thread that runs the engine.
package final class CheckpointKeeper: @unchecked Sendable {
  // Invariant behind @unchecked: one thread uses it, after whoever made it has handed it on.

  package typealias Transfer = (StateArchive) throws(CheckpointError) -> Void

  /// What is saved beside the engine's state, by name.
  package var besides: [(name: String, part: any Archivable & AnyObject)] = []
  /// The most events or updates of virtual time between two looks whether a checkpoint is due.
  package var longestBurst = Int.max

  private var resumed: CheckpointFile?
  private let due: () -> Bool
  private let write: (Int, [ArchivedArray]) -> Void

  /// Makes the keeper of a run.
  ///
  /// - Parameters:
  ///   - resumed: the checkpoint that the run goes on from; `nil` for a run that begins.
  ///   - due: whether it is time for another one.
  ///   - write: writes one of so many updates.
  package init(
    resuming resumed: CheckpointFile? = nil, due: @escaping () -> Bool,
    write: @escaping (_ updates: Int, [ArchivedArray]) -> Void
  ) {
    self.resumed = resumed
    self.due = due
    self.write = write
  }

  /// Whether it is time for a checkpoint.
  package var isDue: Bool { due() }

  /// Writes a checkpoint.
  ///
  /// - Parameters:
  ///   - updates: the number of updates made.
  ///   - engine: transfers the engine's state.
  package func save(updates: Int, _ engine: Transfer) throws(CheckpointError) {
    let archive = StateArchive()
    try transfer(archive, engine)
    write(updates, archive.arrays)
  }

  /// Takes a run's state from the checkpoint that it goes on from, once.
  ///
  /// - Returns: whether there is one.
  package func restore(_ engine: Transfer) throws(CheckpointError) -> Bool {
    guard let file = resumed else { return false }
    resumed = nil
    let archive = StateArchive(file)
    try transfer(archive, engine)
    try archive.finish()
    return true
  }

  private func transfer(_ archive: StateArchive, _ engine: Transfer) throws(CheckpointError) {
    try engine(archive)
    for (name, part) in besides { try archive.part(name, part) }
  }
}
