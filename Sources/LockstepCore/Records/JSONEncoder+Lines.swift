import Foundation

extension JSONEncoder {
  /// Writes a document in one line: keys in order, nothing between them.
  package static var line: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }
}
