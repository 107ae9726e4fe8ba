import Foundation

#if canImport(FoundationXML)
import FoundationXML
#endif

/// What a drawing holds, read by a parser that knows nothing of how it was made.
final class SVGReader: NSObject, XMLParserDelegate {
  /// An element with its attributes.
  struct Element {
    var name: String
    var attributes: [String: String]
  }

  private(set) var elements: [Element] = []
  private(set) var text = ""
  private(set) var isWellFormed = false

  init(_ source: String) {
    super.init()
    let parser = XMLParser(data: Data(source.utf8))
    parser.delegate = self
    isWellFormed = parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements.append(Element(name: name, attributes: attributes))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  /// The corners of a path of absolute `M`, `L`, `H` and `V` commands.
  static func corners(_ path: String) -> [(x: Double, y: Double)] {
    var corners: [(x: Double, y: Double)] = []
    var command: Character = " "
    var numbers: [Double] = []
    func finish() {
      switch command {
      case "M", "L": if numbers.count == 2 { corners.append((numbers[0], numbers[1])) }
      case "H":
        if let last = corners.last, numbers.count == 1 { corners.append((numbers[0], last.y)) }
      case "V":
        if let last = corners.last, numbers.count == 1 { corners.append((last.x, numbers[0])) }
      default: break
      }
      numbers = []
    }
    var digits = ""
    for character in path + "Z" {
      if character.isLetter || character == " " {
        if let number = Double(digits) { numbers.append(number) }
        digits = ""
        if character.isLetter {
          finish()
          command = character
        }
      } else {
        digits.append(character)
      }
    }
    return corners
  }
}
