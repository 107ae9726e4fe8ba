import LockstepCore

/// What one update's parallelism cost, on one evaluation set, for one number of shards.
///
/// All losses are in double precision. `Δ` is the step that the observed update's minibatch and
/// optimiser make from the parameters `w` at which the update was applied, for all parameters at
/// once; `Δ(ŵ)` the one they make with the gradient at the view `ŵ`. Documentation/Noise.md has the
/// definitions.
public struct NoiseRecord: Codable, Equatable, RecordObject {
  /// The number of updates made before the observed one.
  public var update = 0
  /// The evaluation set: `current`, `other` or `heldout`.
  public var set = ""
  /// The number of shards that the step is split over.
  public var shards = 0
  /// The interaction penalty by differences of losses; `nil` where there are too many shards.
  public var interaction: Double?
  /// The same to second order, `½(ΔᵀHΔ − Σ_p Δ_pᵀH_ppΔ_p)`.
  public var interactionSecondOrder: Double?
  /// The standard error of that; 0 where it is exact.
  public var interactionSecondOrderError: Double?
  /// The sequential gap; `nil` where there are too many shards.
  public var sequentialGap: Double?
  /// The linearisation penalty by differences of losses.
  public var linearisation: Double?
  /// The same to second order, `½ΔᵀHΔ`.
  public var linearisationSecondOrder: Double?
  /// The staleness penalty.
  public var staleness: Double?
  /// The relative gradient error `‖g(ŵ) − g(w)‖/‖g(w)‖`, on the minibatch of the update.
  public var gradientError: Double?
  /// The cosine between the stale and the fresh gradient, on the minibatch of the update.
  public var gradientCosine: Double?
  /// The decrease that the step promises to first order, `−∇L_E(w)ᵀΔ`.
  public var promisedDecrease: Double?
  /// The loss at `w`.
  public var loss: Double?
  /// Each shard's part of the second-order interaction penalty, `½Δ_pᵀ(HΔ − H_ppΔ_p)`; left out
  /// where they are not computed one by one.
  public var contributions: [Double]?

  package static let fields = RecordTable<NoiseRecord>([
    RecordField("update", \.update, "The number of updates made before the observed one."),
    RecordField("set", \.set, "The evaluation set: `current`, `other` or `heldout`."),
    RecordField("shards", \.shards, "The number of shards that the step is split over."),
    RecordField(
      "interaction", \.interaction, .null,
      "The interaction penalty, by differences of losses; none where there are too many shards.",
      metric: "interaction penalty", role: .penalty),
    RecordField(
      "interactionSecondOrder", \.interactionSecondOrder, .null,
      "The same to second order, ½(ΔᵀHΔ − Σ Δ_pᵀH_ppΔ_p).",
      metric: "interaction penalty (second order)", role: .penalty),
    RecordField(
      "interactionSecondOrderError", \.interactionSecondOrderError, .null,
      "The standard error of that; 0 where it is exact."),
    RecordField(
      "sequentialGap", \.sequentialGap, .null,
      "The sequential gap; none where there are too many shards.", metric: "sequential gap",
      role: .penalty),
    RecordField(
      "linearisation", \.linearisation, .null,
      "The linearisation penalty, by differences of losses.", metric: "linearisation penalty",
      role: .penalty),
    RecordField(
      "linearisationSecondOrder", \.linearisationSecondOrder, .null,
      "The same to second order, ½ΔᵀHΔ.", metric: "linearisation penalty (second order)",
      role: .penalty),
    RecordField(
      "staleness", \.staleness, .null, "The staleness penalty.", metric: "staleness penalty",
      role: .penalty),
    RecordField(
      "gradientError", \.gradientError, .null,
      "‖g(ŵ) − g(w)‖/‖g(w)‖, on the minibatch of the update.", metric: "relative gradient error"),
    RecordField(
      "gradientCosine", \.gradientCosine, .null,
      "The cosine between g(ŵ) and g(w), on the minibatch of the update.",
      metric: "cosine of the gradients"),
    RecordField(
      "promisedDecrease", \.promisedDecrease, .null,
      "The decrease that the step promises to first order, −∇L(w)ᵀΔ.",
      metric: "promised decrease"),
    RecordField("loss", \.loss, .null, "The loss at w.", metric: "loss"),
    RecordField(
      "contributions", \.contributions, .leftOut,
      "Each shard's part of the second-order interaction penalty, where they are computed one by one."
    ),
  ])

  package init() {}

  /// Creates a record in which nothing is known yet.
  public init(update: Int, set: String, shards: Int) {
    self.update = update
    self.set = set
    self.shards = shards
  }
}
