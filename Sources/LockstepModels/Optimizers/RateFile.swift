import Foundation
import LockstepCore

extension RateSchedule {
  /// The schedule with what its file says, where it has one.
  ///
  /// - Throws: ``DataError`` for a file that holds no factors.
  public func loaded() throws(DataError) -> RateSchedule {
    guard case .file(let path) = shape else { return self }
    return with(try RateTable(path: path))
  }
}

extension RateTable {
  /// Reads the factors of the rate from a text file.
  ///
  /// A line holds the factor of an update, from the run's first one on, the last of which holds for
  /// all that follow. Or it holds the number of an update, from 0, and the factor from there on.
  ///
  /// - Throws: ``DataError`` with the line for whatever is no such line, and for an empty file.
  public convenience init(path: String) throws(DataError) {
    let reader = LineReader(try ByteStream(path: path))
    var entries: [Entry] = []
    var width = 0
    while let line = try reader.next() {
      let words = String(decoding: line, as: UTF8.self).split { " \t,".contains($0) }
      if words.isEmpty { throw reader.invalid("holds no factor") }
      if width == 0 { width = words.count }
      guard words.count == width, width <= 2 else {
        throw reader.invalid(
          width == 1 || width == 2
            ? "holds \(words.count) numbers, and the first line \(width)"
            : "holds \(words.count) numbers; write a factor a line, or an update and its factor")
      }
      guard let factor = Double(words[width - 1]), factor >= 0, factor.isFinite else {
        throw reader.invalid("'\(words[width - 1])' is not a factor: a finite number from 0")
      }
      guard width == 2 else {
        entries.append(Entry(update: entries.count, factor: factor))
        continue
      }
      guard let update = Int(words[0]), update > entries.last?.update ?? -1 else {
        throw reader.invalid(
          "'\(words[0])' is not the number of an update after the line before")
      }
      if entries.isEmpty, update != 0 {
        throw reader.invalid(
          "begins at update \(update); the first line says the factor of update 0")
      }
      entries.append(Entry(update: update, factor: factor))
    }
    if entries.isEmpty { throw reader.invalidFile("is empty; write one factor a line") }
    self.init(entries)
  }
}
