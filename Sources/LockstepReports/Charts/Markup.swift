/// Text within HTML, SVG and XML.
enum Markup {
  /// The text with everything escaped that could end it, in element content and in attributes.
  ///
  /// Characters that XML doesn't allow, such as control characters, are left out.
  static func escape(_ text: String) -> String {
    guard
      text.utf8.contains(where: { $0 < 0x20 || [0x22, 0x26, 0x27, 0x3c, 0x3e, 0xef].contains($0) })
    else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count + 16)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}": break
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
