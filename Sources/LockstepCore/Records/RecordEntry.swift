/// What a field of a record is: everything that is said of it, once.
///
/// The writer, the reader, the tables of results, the metrics of claims and the tables in Documentation are made from
/// entries.
package struct RecordEntry: Sendable {
  /// The field's name in JSON.
  package let name: String
  /// What may stand in it.
  package let kind: RecordKind
  /// What stands there where there is no value.
  package let absence: RecordAbsence
  /// What it is, in a sentence.
  package let definition: String
  /// The number that it is as a metric, in a few words; `nil` for a field that is no metric.
  package let words: String?
  /// The number's unit; `nil` for one that has none.
  package let unit: String?
  /// What the number may be compared with.
  package let role: RecordRole
}

/// What may stand in a field.
package indirect enum RecordKind: Sendable {
  case number
  case wholeNumber
  case flag
  case text
  /// One of some words.
  case word([String])
  /// Options by name: texts, numbers and `null`.
  case options
  case list(RecordKind)
  case object([RecordEntry])

  /// Whether it is a number that need not be whole.
  package var isNumber: Bool { if case .number = self { true } else { false } }
}

/// What is written where a field has no value.
package enum RecordAbsence: Sendable {
  /// There always is a value.
  case never
  /// `null`.
  case null
  /// `null`, and records of earlier versions lack the field.
  case nullOrMissing
  /// Nothing: the field is left out.
  case leftOut

  /// Whether an object without the field can be read.
  package var mayBeMissing: Bool { self == .nullOrMissing || self == .leftOut }
}

/// What a number may be compared with.
package enum RecordRole: Sendable {
  /// Numbers of its own kind.
  case plain
  /// How much a run took to its end: a lower bound where the run stopped before its target.
  case effort
  /// A difference of losses, which may be divided by the decrease that a step promises.
  case penalty
}
