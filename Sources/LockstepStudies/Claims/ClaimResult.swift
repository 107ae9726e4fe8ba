/// What came of checking a claim.
public enum ClaimVerdict: String, Codable, Sendable {
  /// The whole interval lies where the claim says.
  case reproduced
  /// The whole interval lies elsewhere.
  case notReproduced = "not reproduced"
  /// The interval lies on both sides, or there is too little to tell.
  case inconclusive
}

/// A claim with the number that was measured for it: one entry of `claims.json`.
public struct ClaimResult: Codable, Equatable, Sendable {
  /// A short name, unique in the study.
  public var id: String
  /// The claim in a sentence.
  public var statement: String
  /// Where it comes from.
  public var source: String
  /// What was measured, in words.
  public var measured: String
  /// The number; `nil` where there was nothing to measure.
  public var estimate: Double?
  /// The lower end of its interval.
  public var low: Double?
  /// The upper end of its interval.
  public var high: Double?
  /// What the interval is worth: `95 %` or more, `range` from the smallest to the largest number, or `none`.
  public var interval: String?
  /// What the claim expects of the number, in words.
  public var expected: String
  /// What came of it.
  public var verdict: ClaimVerdict
  /// Why, where that needs saying.
  public var remark: String?

  /// Creates a result.
  public init(
    id: String, statement: String, source: String, measured: String, estimate: Double?,
    low: Double?, high: Double?, interval: String? = nil, expected: String, verdict: ClaimVerdict,
    remark: String? = nil
  ) {
    self.id = id
    self.statement = statement
    self.source = source
    self.measured = measured
    self.estimate = estimate
    self.low = low
    self.high = high
    self.interval = interval
    self.expected = expected
    self.verdict = verdict
    self.remark = remark
  }
}
