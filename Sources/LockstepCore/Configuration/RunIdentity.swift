/// What makes two runs the same: every option that a result depends on, resolved, as text.
///
/// The number of host threads, where results go and how progress is shown are no part of it. Files
/// are, by their names and not by what is in them.
///
/// **Determinism:** the same on every machine, in every process and with every version of Swift:
/// numbers are written as the shortest text that reads back as the same number, and the hash is our
/// own.
public struct RunIdentity: Equatable, Sendable {
  /// One line for each option, `NAME=VALUE`, by name.
  public let text: String
  /// `r-` and 16 hexadecimal digits: a hash of ``text``.
  public let id: String

  /// Works out the identity of a run.
  public init(_ configuration: RunConfiguration) {
    var lines = ""
    for option in Self.options {
      guard let value = option.write(configuration) else { continue }
      lines += "\(option.name)=\(value)\n"
    }
    text = lines
    id = "r-" + StableHash.hexadecimal(text)
  }

  private static let options = RunOptions.table.sorted { $0.name < $1.name }

  /// The value of an option as it stands in the identity; `nil` where it has none.
  public static func value(of name: String, in configuration: RunConfiguration) -> String? {
    (try? RunOptions.option(named: name))?.write(configuration)
  }
}

/// A hash that stays the same between processes and machines, which Swift's own doesn't.
public enum StableHash {
  /// Hashes a text's UTF-8 bytes to 128 bits.
  ///
  /// **Reference:** Fowler, Noll, Vo and Eastlake, *The FNV Non-Cryptographic Hash Algorithm*,
  /// FNV-1a.
  public static func wide(_ text: String) -> UInt128 {
    let prime: UInt128 = 1 << 88 | 0x13B
    let basis: UInt128 = 0x6C62_272E_07BB_0142 << 64 | 0x62B8_2175_6295_C58D
    return text.utf8.reduce(basis) { ($0 ^ UInt128($1)) &* prime }
  }

  /// The two halves of the hash folded into one and mixed, as 16 hexadecimal digits.
  ///
  /// FNV leaves a difference in the last bytes of a text in few bits; the mixer spreads it over all,
  /// and loses nothing, so that texts in the order of their hashes are as good as shuffled.
  ///
  /// **Reference:** Appleby, *MurmurHash3*, `fmix64`.
  public static func hexadecimal(_ text: String) -> String {
    let hash = wide(text)
    var mixed = UInt64(truncatingIfNeeded: hash >> 64 ^ hash)
    for factor: UInt64 in [0xFF51_AFD7_ED55_8CCD, 0xC4CE_B9FE_1A85_EC53] {
      mixed = (mixed ^ mixed >> 33) &* factor
    }
    return NumberText.hexadecimal(mixed ^ mixed >> 33)
  }
}
