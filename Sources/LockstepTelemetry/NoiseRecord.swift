/// What one update's parallelism cost, on one evaluation set, for one number of shards.
///
/// All losses are in double precision. `Δ` is the step that the observed update's minibatch and
/// optimiser make from the parameters `w` at which the update was applied, for all parameters at
/// once; `Δ(ŵ)` the one they make with the gradient at the view `ŵ`. Documentation/Noise.md has the
/// definitions.
public struct NoiseRecord: Codable, Equatable, Sendable {
  /// The number of updates made before the observed one.
  public var update: Int
  /// The evaluation set: `current`, `other` or `heldout`.
  public var set: String
  /// The number of shards that the step is split over.
  public var shards: Int
  /// The interaction penalty by differences of losses; `null` where there are too many shards.
  @ExplicitNull public var interaction: Double?
  /// The same to second order, `½(ΔᵀHΔ − Σ_p Δ_pᵀH_ppΔ_p)`.
  @ExplicitNull public var interactionSecondOrder: Double?
  /// The standard error of that; 0 where it is exact.
  @ExplicitNull public var interactionSecondOrderError: Double?
  /// The sequential gap; `null` where there are too many shards.
  @ExplicitNull public var sequentialGap: Double?
  /// The linearisation penalty by differences of losses.
  @ExplicitNull public var linearisation: Double?
  /// The same to second order, `½ΔᵀHΔ`.
  @ExplicitNull public var linearisationSecondOrder: Double?
  /// The staleness penalty.
  @ExplicitNull public var staleness: Double?
  /// The relative gradient error `‖g(ŵ) − g(w)‖/‖g(w)‖`, on the minibatch of the update.
  @ExplicitNull public var gradientError: Double?
  /// The cosine between the stale and the fresh gradient, on the minibatch of the update.
  @ExplicitNull public var gradientCosine: Double?
  /// The decrease that the step promises to first order, `−∇L_E(w)ᵀΔ`.
  @ExplicitNull public var promisedDecrease: Double?
  /// The loss at `w`.
  @ExplicitNull public var loss: Double?
  /// Each shard's part of the second-order interaction penalty, `½Δ_pᵀ(HΔ − H_ppΔ_p)`; left out
  /// where they are not computed one by one.
  public var contributions: [Double]?

  /// Creates a record in which nothing is known yet.
  public init(update: Int, set: String, shards: Int) {
    self.update = update
    self.set = set
    self.shards = shards
    interaction = nil
    interactionSecondOrder = nil
    interactionSecondOrderError = nil
    sequentialGap = nil
    linearisation = nil
    linearisationSecondOrder = nil
    staleness = nil
    gradientError = nil
    gradientCosine = nil
    promisedDecrease = nil
    loss = nil
  }
}
