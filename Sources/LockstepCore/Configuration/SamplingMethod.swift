/// How the examples of a minibatch are chosen.
public enum SamplingMethod: String, CaseIterable, Sendable {
  /// Without replacement: the workers together go through a new random order in each epoch.
  case shuffled
  /// With replacement: each example is uniform and independent of all others.
  case replacement
}
