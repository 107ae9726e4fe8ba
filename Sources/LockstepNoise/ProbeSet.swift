import LockstepModels

/// One evaluation set of a probe, with what is computed on it once and used by every split.
final class ProbeSet {
  /// Its name in the record.
  let name: String
  /// Which set the examples are numbers in.
  let source: EvaluationSet
  /// Room for the examples, `[capacity]`.
  let storage: UnsafeMutablePointer<Int32>
  /// The number of examples; 0 for an objective without data.
  var count = 0
  /// Whether the objective has data.
  private let hasData: Bool
  /// `∇L_E(w)`, `[n]`.
  let gradient: UnsafeMutablePointer<Double>
  /// `HΔ`, `[n]`.
  let product: UnsafeMutablePointer<Double>
  /// `ℓ_e(w)`, one per example, or one without data.
  let losses: UnsafeMutablePointer<Double>
  /// `ℓ_e(w + Δ)`, likewise.
  let movedLosses: UnsafeMutablePointer<Double>
  /// `ΔᵀHΔ`.
  var curvature = 0.0
  /// Keeps the memory.
  private let arena: Arena

  /// Makes the buffers.
  init(
    name: String, source: EvaluationSet, hasData: Bool, capacity: Int, parameterCount: Int,
    arena: Arena
  ) {
    self.name = name
    self.source = source
    self.hasData = hasData
    self.arena = arena
    storage = arena.allocate(count: capacity)
    gradient = arena.allocate(count: parameterCount)
    product = arena.allocate(count: parameterCount)
    losses = arena.allocate(count: capacity)
    movedLosses = arena.allocate(count: capacity)
  }

  /// The examples.
  var examples: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: storage, count: count) }
  /// The number of losses that the mean is taken over; the mean of none is not a number.
  var lossCount: Int { hasData ? count : 1 }
}
