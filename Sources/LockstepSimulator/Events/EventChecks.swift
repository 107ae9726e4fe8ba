import LockstepCore
import LockstepModels

extension EngineConfiguration {
  /// Refuses what doesn't go together with reading and applying that take time.
  func checkPhases(_ service: ServiceSpecification, parameters: Int) throws(ConfigurationError) {
    guard takesPhases else { return }
    let option = readTime == nil ? "--apply-time" : "--read-time"
    if case .adversarial = service {
      throw .conflict(
        reason: "\(option) is a time, and an adversary doesn't keep to times; leave one out")
    }
    if case .calibrated = service, readTime == nil || applyTime == nil {
      throw .conflict(
        reason: "--service calibrated:FILE is the whole iteration, or the computation alone where "
          + "--read-time and --apply-time say the rest; give both or neither")
    }
    let shards = min(workers, parameters)
    guard budget.isJoint || workers * shards <= PhasedShards<Double>.largestTable else {
      throw .conflict(
        reason: "with \(option) each of \(NumberText.counted(workers, "view")) holds versions of "
          + "\(NumberText.counted(shards, "shard")), more "
          + "than \(PhasedShards<Double>.largestTable) together; take fewer workers")
    }
  }
}
