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
    var examples: [Int32] = []
    var offsets = [0]
    try NumberLines.forEachLine(of: path, "example number") { line, reader throws(DataError) in
      guard var cursor = ByteCursor(line) else { return }
      while !cursor.isAtEnd {
        cursor.skipBlanks()
        let word = cursor.take { $0 == 0x20 || $0 == 0x2C || $0 == 0x09 }
        _ = cursor.take(0x2C)
        if word.isEmpty { continue }
        let text = ByteCursor.excerpt(word)
        guard let number = Int(text) else {
          throw reader.invalid("'\(text)' is not an example number")
        }
        guard (0..<exampleCount).contains(number) else {
          throw reader.invalid(
            "example \(number) is not one of the training set's 0 … \(exampleCount - 1)")
        }
        examples.append(Int32(number))
      }
      guard examples.count > offsets[offsets.count - 1] else {
        throw reader.invalid("holds no example number")
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
