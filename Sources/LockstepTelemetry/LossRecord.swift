import LockstepCore

/// The losses of a run: means over a whole set, the regulariser included.
public struct LossRecord: Codable, Equatable, RecordObject {
  /// On the training set, before the first update.
  public var initial: Double?
  /// On the training set, after the last update.
  public var final: Double?
  /// On the held-out set, after the last update.
  public var heldout: Double?
  /// The share of the held-out set (of the training set where none is held out) classified right.
  public var accuracy: Double?
  /// The training loss along the way.
  public var curve: [LossPoint] = []
  /// The number of updates at the last look before the target was reached, where it was still missed.
  ///
  /// `nil` for runs that didn't reach a target, or began at it.
  public var targetMissedAt: Int?

  package static let fields = RecordTable<LossRecord>([
    RecordField(
      "initial", \.initial, .null, "On the training set, before the first update.",
      metric: "initial training loss"),
    RecordField(
      "final", \.final, .null, "On the training set, after the last update.",
      metric: "final training loss"),
    RecordField(
      "heldout", \.heldout, .null, "On the held-out set, after the last update.",
      metric: "held-out loss"),
    RecordField(
      "accuracy", \.accuracy, .null,
      "The share classified right, of the held-out set, or of the training set where nothing is held out; a run "
        + "that diverged has none.",
      metric: "accuracy", unit: "share"),
    RecordField("curve", \.curve, "The training loss along the run."),
    RecordField(
      "targetMissedAt", \.targetMissedAt, .leftOut,
      "The updates made at the last look at the loss that still missed the target, in a run that reached it "
        + "later.",
      metric: "updates at the last look before the target", unit: "updates"),
  ])

  package init() {}

  /// Creates a record.
  public init(
    initial: Double?, final: Double?, heldout: Double?, accuracy: Double?, curve: [LossPoint]
  ) {
    self.initial = initial
    self.final = final
    self.heldout = heldout
    self.accuracy = accuracy
    self.curve = curve
  }
}

/// The training loss at one moment of a run.
public struct LossPoint: Codable, Equatable, RecordObject {
  /// The number of updates made.
  public var update = 0
  /// Seconds since the start, pauses for evaluation left out.
  public var time = 0.0
  /// The loss.
  public var loss: Double?

  package static let fields = RecordTable<LossPoint>([
    RecordField("update", \.update, "The number of updates made."),
    RecordField(
      "time", \.time,
      "The time since the start, evaluations left out: seconds on threads, the service law's unit in virtual time."
    ),
    RecordField("loss", \.loss, .null, "The loss."),
  ])

  package init() {}

  /// Creates a point.
  public init(update: Int, time: Double, loss: Double?) {
    self.update = update
    self.time = time
    self.loss = loss
  }
}
