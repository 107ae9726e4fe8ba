import LockstepCore
import LockstepTelemetry

@testable import LockstepStudies

/// Lines of results made from the table of the record's fields: each has a value of its own, or none.
enum GeneratedRecord {
  /// Which of the fields that may be without a value have one.
  enum Presence: CaseIterable {
    case all
    case none
    case byChance
  }

  /// A value of JSON, with the fields of objects in an order.
  indirect enum Value {
    case spelled(String)
    case list([Value])
    case object([(name: String, value: Value)])

    /// Its spelling.
    var text: String {
      switch self {
      case .spelled(let text): text
      case .list(let values): "[\(values.map(\.text).joined(separator: ","))]"
      case .object(let fields):
        "{\(fields.map { "\"\($0.name)\":\($0.value.text)" }.joined(separator: ","))}"
      }
    }

    /// The same with more fields in each object, options aside.
    func adding(_ extra: [(name: String, value: Value)]) -> Value {
      switch self {
      case .spelled: self
      case .list(let values): .list(values.map { $0.adding(extra) })
      case .object(let fields):
        .object(
          fields.map { name, value -> (name: String, value: Value) in
            let isOptions = name == "axes" || name == "configuration"
            return (name, isOptions ? value : value.adding(extra))
          } + extra)
      }
    }

    /// The same without one field, for each field of the entries that is there.
    func withoutEach(of entries: [RecordEntry], _ path: String = "") -> [Shortened] {
      guard case .object(let fields) = self else { return [] }
      var result: [Shortened] = []
      for (place, field) in fields.enumerated() {
        guard let entry = entries.first(where: { $0.name == field.name }) else { continue }
        let name = path + field.name
        var changed = fields
        changed.remove(at: place)
        result.append(
          Shortened(
            path: name, mayBeMissing: entry.absence.mayBeMissing, value: .object(changed)))
        for inner in field.value.withoutEach(within: entry.kind, name + ".") {
          changed = fields
          changed[place].value = inner.value
          result.append(inner.with(.object(changed)))
        }
      }
      return result
    }

    private func withoutEach(within kind: RecordKind, _ path: String) -> [Shortened] {
      switch (kind, self) {
      case (.object(let entries), _): return withoutEach(of: entries, path)
      case (.list(let kind), .list(let values)):
        guard let first = values.first else { return [] }
        return first.withoutEach(within: kind, path).map {
          $0.with(.list([$0.value] + values.dropFirst()))
        }
      default: return []
      }
    }
  }

  /// A value that lacks a field.
  struct Shortened {
    /// Which field.
    var path: String
    /// Whether it can be read all the same.
    var mayBeMissing: Bool
    /// What is left.
    var value: Value

    fileprivate func with(_ value: Value) -> Shortened {
      Shortened(path: path, mayBeMissing: mayBeMissing, value: value)
    }
  }

  /// Makes a line.
  ///
  /// - Parameters:
  ///   - seed: which one.
  ///   - presence: which fields have values.
  static func line(seed: UInt64, _ presence: Presence) -> Value {
    var generator = Generator(seed: seed, presence: presence)
    return generator.object(StoredRun.fields.entries)
  }

  /// Values of every sort.
  private struct Generator {
    var stream: RandomStream
    let presence: Presence

    init(seed: UInt64, presence: Presence) {
      stream = RandomStream(seed: seed, purpose: .disturbance)
      self.presence = presence
    }

    mutating func object(_ entries: [RecordEntry]) -> Value {
      .object(
        entries.compactMap { entry -> (name: String, value: Value)? in
          if entry.name == "schema" {
            return (entry.name, .spelled("\"\(RunRecord.currentSchema)\""))
          }
          if entry.absence == .never || isPresent() { return (entry.name, value(entry.kind)) }
          let isMissing = entry.absence.mayBeMissing && (presence == .none || isPresent())
          return isMissing ? nil : (entry.name, .spelled("null"))
        })
    }

    mutating func value(_ kind: RecordKind) -> Value {
      switch kind {
      case .number: .spelled("\(number())")
      case .wholeNumber: .spelled("\(whole())")
      case .flag: .spelled(stream.integer(below: 2) == 0 ? "true" : "false")
      case .text: .spelled("\"text é \(whole())\"")
      case .word(let words): .spelled("\"\(words[stream.integer(below: words.count)])\"")
      case .options: .object(options())
      case .list(let kind): .list((0..<count()).map { _ in value(kind) })
      case .object(let entries): object(entries)
      }
    }

    mutating func isPresent() -> Bool {
      switch presence {
      case .all: true
      case .none: false
      case .byChance: stream.integer(below: 2) == 0
      }
    }

    mutating func count() -> Int {
      switch presence {
      case .all: 2
      case .none: 0
      case .byChance: stream.integer(below: 4)
      }
    }

    mutating func whole() -> Int {
      switch stream.integer(below: 4) {
      case 0: stream.integer(below: 3)
      case 1: 9_007_199_254_740_991
      default: stream.integer(below: 1_000_000_000)
      }
    }

    mutating func number() -> Double {
      let special: [Double] = [
        0, -0.0, 1, -1, 0.1, 1e22, 1e23, 1e-5, .greatestFiniteMagnitude,
        .leastNonzeroMagnitude, 0x1p-1060, 0x1p53, 123_456_789.125, 1 / 3,
      ]
      switch stream.integer(below: 3) {
      case 0: return special[stream.integer(below: special.count)]
      case 1: return Double(stream.integer(below: 1_000_000)) / 1000
      default:
        let bits = UInt64(stream.nextWord()) << 32 | UInt64(stream.nextWord())
        let value = Double(bitPattern: bits)
        return value.isFinite ? value : 2.5
      }
    }

    mutating func options() -> [(name: String, value: Value)] {
      ["model", "workers", "learning-rate", "seed", "delay", "é"].compactMap {
        name -> (name: String, value: Value)? in
        guard isPresent() else { return nil }
        return switch stream.integer(below: 4) {
        case 0: (name, .spelled("\"mlp:16 é\""))
        case 1: (name, .spelled("\(whole())"))
        case 2: (name, .spelled("\(0.1 + Double(stream.integer(below: 1000)))"))
        default: (name, .spelled("null"))
        }
      }
    }
  }
}
