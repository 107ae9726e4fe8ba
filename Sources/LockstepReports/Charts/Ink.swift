import LockstepCore

/// What a drawing is made of, by where it goes.
///
/// On the page colours come from its style sheet, so that they follow the reader's dark mode; a
/// file for a paper carries its own, as plain attributes that every program reads.
enum Ink: Equatable, Sendable {
  /// Inside the page.
  case page
  /// In a file of its own.
  case paper

  /// Okabe and Ito's colours without the yellow, which is too light for lines on white.
  ///
  /// **Reference:** Okabe, Ito, *Color Universal Design*, 2008.
  static let colors = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
  ]
  /// The dashes that tell lines apart without colour.
  static let dashes = ["", "7 3", "2 3", "9 3 2 3", "12 4", "4 2 1 2", "1 2"]

  /// The largest number of series that can be told apart.
  static let seriesCount = colors.count

  func line(_ series: Int) -> String {
    let dash = Self.dashes[series % Self.dashes.count]
    let dashes = dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\""
    switch self {
    case .page: return "class=\"l s\(series)\"\(dashes)"
    case .paper:
      return "fill=\"none\" stroke=\"\(Self.colors[series])\" stroke-width=\"1.8\" "
        + "stroke-linejoin=\"round\"\(dashes)"
    }
  }

  func band(_ series: Int) -> String {
    switch self {
    case .page: "class=\"b s\(series)\""
    case .paper: "fill=\"\(Self.colors[series])\" fill-opacity=\"0.16\""
    }
  }

  func mark(_ series: Int) -> String {
    switch self {
    case .page: "class=\"m s\(series)\""
    case .paper: "fill=\"\(Self.colors[series])\" stroke=\"#fff\" stroke-width=\"0.8\""
    }
  }

  func bar(_ part: Int) -> String {
    switch self {
    case .page: "class=\"r s\(part)\""
    case .paper: "fill=\"\(Self.colors[part])\" stroke=\"#fff\" stroke-width=\"1\""
    }
  }

  var grid: String {
    switch self {
    case .page: "class=\"g\""
    case .paper: "fill=\"none\" stroke=\"#e3e3e3\" stroke-width=\"1\""
    }
  }

  var frame: String {
    switch self {
    case .page: "class=\"a\""
    case .paper: "fill=\"none\" stroke=\"#555\" stroke-width=\"1\""
    }
  }

  var reference: String {
    switch self {
    case .page: "class=\"f\" stroke-dasharray=\"3 4\""
    case .paper: "fill=\"none\" stroke=\"#888\" stroke-width=\"1.2\" stroke-dasharray=\"3 4\""
    }
  }

  func text(_ anchor: String, bold: Bool = false) -> String {
    switch self {
    case .page: "text-anchor=\"\(anchor)\""
    case .paper:
      "text-anchor=\"\(anchor)\" fill=\"#222\"\(bold ? " font-weight=\"bold\"" : "")"
    }
  }

  /// The outline of a series' mark around a point.
  static func outline(_ series: Int, _ x: Double, _ y: Double, size: Double = 4) -> String {
    func at(_ dx: Double, _ dy: Double) -> String {
      NumberText.coordinate(x + dx) + " " + NumberText.coordinate(y + dy)
    }
    let s = size
    switch series % 7 {
    case 0:
      // A circle of two arcs.
      let r = NumberText.coordinate(s)
      return "M\(at(-s, 0))A\(r) \(r) 0 1 0 \(at(s, 0))A\(r) \(r) 0 1 0 \(at(-s, 0))Z"
    case 1:
      return
        "M\(at(-s * 0.9, -s * 0.9))L\(at(s * 0.9, -s * 0.9))L\(at(s * 0.9, s * 0.9))L\(at(-s * 0.9, s * 0.9))Z"
    case 2: return "M\(at(0, -s * 1.2))L\(at(s * 1.1, s * 0.9))L\(at(-s * 1.1, s * 0.9))Z"
    case 3: return "M\(at(0, -s * 1.3))L\(at(s * 1.1, 0))L\(at(0, s * 1.3))L\(at(-s * 1.1, 0))Z"
    case 4: return "M\(at(0, s * 1.2))L\(at(s * 1.1, -s * 0.9))L\(at(-s * 1.1, -s * 0.9))Z"
    case 5:
      let a = s * 0.4
      let b = s * 1.2
      let corners = [
        (-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a),
        (-b, -a), (-a, -a),
      ]
      return "M" + corners.map { at($0.0, $0.1) }.joined(separator: "L") + "Z"
    default: return "M\(at(-s * 1.3, 0))L\(at(0, -s * 0.8))L\(at(s * 1.3, 0))L\(at(0, s * 0.8))Z"
    }
  }
}
