import Foundation
import Glibc
import LockstepCore

/// A reader of input, with small files that it reads.
struct FuzzTarget: Sendable {
  /// What it is called.
  let name: String
  /// Inputs that are read without complaint.
  let corpus: [[UInt8]]
  /// Words that mean something in the format.
  let words: [String]
  /// Reads an input, which ends in a value or in one of the reader's own errors.
  let read: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, _ corpus: [[UInt8]], words: [String] = [],
    read: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.corpus = corpus
    self.words = words
    self.read = read
  }

  init(
    _ name: String, texts: [String], words: [String] = [],
    read: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.init(name, texts.map { Array($0.utf8) }, words: words, read: read)
  }

  /// The input of a seed: the same on every machine.
  func input(seed: UInt64) -> [UInt8] {
    var random = RandomStream(seed: seed, purpose: .disturbance)
    var bytes = corpus[random.integer(below: corpus.count)]
    for _ in 0...random.integer(below: 4) { mutate(&bytes, &random) }
    return bytes
  }

  private static let telling = Array("0123456789 :,;\t\n\r.-+eE#\"'x\u{0}%naif[](){}=/\\*&!|>".utf8)
  private static let numbers = [
    "0", "-1", "1e999", "-0.0", "nan", "inf", "9223372036854775807", "-9223372036854775808",
    "18446744073709551616", "1e-999", "0x7f", "007", "4294967296", "2147483648",
  ]
  private static let largestSize = 1 << 16

  /// How often something is repeated: seldom so often that it takes long to read.
  private static func repetitions(_ random: inout RandomStream) -> Int {
    1 << random.integer(below: random.integer(below: 16) == 0 ? 17 : 9)
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    let place = random.integer(below: bytes.count + 1)
    let end = min(bytes.count, place + 1 + random.integer(below: 8))
    switch random.integer(below: 12) {
    case 0 where place < bytes.count: bytes[place] = UInt8(random.integer(below: 256))
    case 1 where place < bytes.count: bytes[place] ^= UInt8(1 << random.integer(below: 8))
    case 2 where place < bytes.count:
      bytes[place] = Self.telling[random.integer(below: Self.telling.count)]
    case 3: bytes.insert(Self.telling[random.integer(below: Self.telling.count)], at: place)
    case 4: bytes.removeSubrange(place..<end)
    case 5: bytes.removeSubrange(place...)
    case 6:
      bytes.insert(contentsOf: bytes[place..<end], at: random.integer(below: bytes.count + 1))
    case 7:
      let number = Self.numbers[random.integer(below: Self.numbers.count)]
      bytes.replaceSubrange(place..<end, with: Array(number.utf8))
    case 8 where !words.isEmpty:
      bytes.insert(contentsOf: words[random.integer(below: words.count)].utf8, at: place)
    case 9:
      // A stretch again and again: what nests, nests deeply.
      let piece = Array(bytes[place..<end])
      let limit = max(1, (Self.largestSize - bytes.count) / max(1, piece.count))
      let count = min(limit, Self.repetitions(&random))
      bytes.insert(contentsOf: (0..<count).flatMap { _ in piece }, at: place)
    case 10:
      let other = corpus[random.integer(below: corpus.count)]
      bytes = bytes[..<place] + other.suffix(random.integer(below: other.count + 1))
    default:
      // One letter again and again.
      let letter = Self.telling[random.integer(below: Self.telling.count)]
      let count = min(Self.largestSize - bytes.count, Self.repetitions(&random))
      if count > 0 { bytes.insert(contentsOf: repeatElement(letter, count: count), at: place) }
    }
  }
}

/// What is to be known of an input if reading it ends the process.
///
/// The signal's handler writes to standard error which target, seed and input it was, and lets the process die as it
/// would have without it.
enum CrashNote {
  private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE]
  private static let capacity = 1 << 18
  // Written by the one thread that fuzzes, read by the handler; nothing is allocated there.
  nonisolated(unsafe) private static let text = UnsafeMutablePointer<CChar>.allocate(
    capacity: capacity)
  nonisolated(unsafe) private static var length = 0
  nonisolated(unsafe) private static var former: [Int32: sigaction] = [:]
  nonisolated(unsafe) private static let stack = UnsafeMutableRawPointer.allocate(
    byteCount: 1 << 18, alignment: 4096)

  /// Installs the handler for as long as the body runs, on the thread that runs it.
  static func whileWatching(_ body: () throws -> Void) rethrows {
    // A stack that overflows has no room for a handler.
    var alternate = stack_t()
    alternate.ss_sp = stack
    alternate.ss_size = 1 << 18
    sigaltstack(&alternate, nil)
    for number in signals {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        _ = Glibc.write(2, CrashNote.text, CrashNote.length)
        signal(number, SIG_DFL)
        raise(number)
      }
      action.sa_flags = SA_ONSTACK
      var old = sigaction()
      sigaction(number, &action, &old)
      former[number] = old
    }
    defer {
      for number in signals {
        if var old = former[number] { sigaction(number, &old, nil) }
      }
      alternate.ss_flags = Int32(SS_DISABLE)
      sigaltstack(&alternate, nil)
    }
    try body()
  }

  /// Notes what comes next.
  static func set(_ target: String, seed: UInt64, input: [UInt8]) {
    length = 0
    put("\nfuzz: target \(target), seed \(seed) ended the process; repeat it with ")
    put("LOCKSTEP_FUZZ_TARGET=\(target) LOCKSTEP_FUZZ_SEED=\(seed) LOCKSTEP_FUZZ_COUNT=1\n")
    put("fuzz: input of \(input.count) bytes, in base 64 (its first 98,304): ")
    put(Data(input.prefix(98_304)).base64EncodedString())
    put("\n")
  }

  private static func put(_ piece: String) {
    for byte in piece.utf8 where length < capacity {
      text[length] = CChar(bitPattern: byte)
      length += 1
    }
  }
}

/// How long to fuzz, from the environment.
///
/// | variable | what |
/// |---|---|
/// | `LOCKSTEP_FUZZ_COUNT` | inputs for each target; 60 if nothing else is said |
/// | `LOCKSTEP_FUZZ_SECONDS` | go on with further inputs for as long |
/// | `LOCKSTEP_FUZZ_SEED` | the first seed; 1 |
/// | `LOCKSTEP_FUZZ_TARGET` | this target only |
struct FuzzBudget {
  let count: Int
  let seconds: Double
  let seed: UInt64
  let target: String?

  init(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    count = environment["LOCKSTEP_FUZZ_COUNT"].flatMap { Int($0) } ?? 60
    seconds = environment["LOCKSTEP_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0
    seed = environment["LOCKSTEP_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
    target = environment["LOCKSTEP_FUZZ_TARGET"]
  }
}
