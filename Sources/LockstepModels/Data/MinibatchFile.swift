import Foundation

/// The minibatches of a run, read from a file instead of drawn: example numbers from 0, separated by
/// spaces or commas, one minibatch a line.
///
/// In `blocks` line `c` is the minibatch of clock `c`, which all workers share. In `samples` line
/// `c·P + p` is that of worker `p` at clock `c` where the updates are dealt out, and line `k` that of
/// the iteration before which `k` were begun where whoever is free makes the next; where the workers
/// make joint updates, line `c` holds all their minibatches, one after the other.
public struct MinibatchFile: Sendable {
  /// The example numbers of all lines, one after the other.
  public let examples: [Int32]
  /// Where each line starts in ``examples``; one more than there are lines.
  public let offsets: [Int]
  /// The file's path.
  public let path: String

  /// The number of lines.
  public var count: Int { offsets.count - 1 }

  /// The length of the longest line.
  public var longest: Int {
    (0..<count).map { offsets[$0 + 1] - offsets[$0] }.max() ?? 0
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - exampleCount: the number of training examples; every number must be below it.
  /// - Throws: ``DataError`` with the line for whatever isn't an example number, for an empty line
  ///   and for an empty file.
  public init(path: String, exampleCount: Int) throws(DataError) {
    self.path = path
    let data = try DataError.contents(of: path)
    var examples: [Int32] = []
    var offsets = [0]
    var line = 0
    for text in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      let words = text.split { $0 == 0x20 || $0 == 0x2C || $0 == 0x09 || $0 == 0x0D }
      if words.isEmpty {
        // Only the end of the file may be blank.
        if text.endIndex == data.endIndex { continue }
        throw .invalid(path: path, line: line, reason: "holds no example number")
      }
      for word in words {
        guard let text = String(bytes: word, encoding: .utf8), let number = Int(text) else {
          let shown = String(decoding: word.prefix(20), as: UTF8.self)
          throw .invalid(path: path, line: line, reason: "'\(shown)' is not an example number")
        }
        guard (0..<exampleCount).contains(number) else {
          throw .invalid(
            path: path, line: line,
            reason: "example \(number) is not one of the training set's 0 … \(exampleCount - 1)")
        }
        examples.append(Int32(number))
      }
      offsets.append(examples.count)
    }
    guard offsets.count > 1 else {
      throw .invalid(path: path, line: nil, reason: "is empty; write one minibatch a line")
    }
    self.examples = examples
    self.offsets = offsets
  }
}
