import LockstepCore
import LockstepParameters

extension Dataset {
  /// A digest of everything that a model sees of the data: two data sets of the same digest are the same.
  package var digest: String {
    var digest = ContentDigest()
    digest.add(training.count)
    training.add(to: &digest)
    if let heldOut {
      digest.add(heldOut.count)
      heldOut.add(to: &digest)
    }
    for number in [featureCount, classCount ?? -1, userCount, itemCount] { digest.add(number) }
    return digest.text
  }
}

extension ExampleSet {
  /// Adds all features and labels.
  fileprivate func add(to digest: inout ContentDigest) {
    func add<Number: BitwiseCopyable>(_ numbers: UnsafePointer<Number>, _ count: Int) {
      digest.add(UnsafeBufferPointer(start: numbers, count: count))
    }
    switch features {
    case .bytes(let bytes, let scale):
      add(bytes, count * featureCount)
      withUnsafePointer(to: scale) { add($0, 1) }
    case .dense(let values): add(values, count * featureCount)
    case .sparse(let offsets, let columns, let values):
      add(offsets, count + 1)
      add(columns, offsets[count])
      add(values, offsets[count])
    case .ratings(let users, let items):
      add(users, count)
      add(items, count)
    }
    add(targets, count)
    if let classes { add(classes, count) }
  }
}
