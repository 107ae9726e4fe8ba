import Glibc
import LockstepCore

/// What the running system says of itself.
enum SystemNames {
  /// The system and its release, from `uname`.
  static var kernel: String? {
    var names = utsname()
    guard uname(&names) == 0 else { return nil }
    return "\(text(names.sysname)) \(text(names.release))"
  }

  /// The processor's name from `/proc/cpuinfo`, or else the architecture from `uname`.
  static var processor: String? {
    if let contents = try? InputFile.read("/proc/cpuinfo") {
      for line in String(decoding: contents, as: UTF8.self).split(separator: "\n") {
        let halves = line.split(separator: ":", maxSplits: 1)
        guard halves.count == 2, halves[0].hasPrefix("model name") else { continue }
        return String(halves[1].drop { $0 == " " })
      }
    }
    var names = utsname()
    return uname(&names) == 0 ? text(names.machine) : nil
  }

  /// The text in one of `utsname`'s arrays, which Swift sees as a tuple: the bytes up to the zero.
  private static func text<Characters>(_ characters: Characters) -> String {
    withUnsafeBytes(of: characters) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
