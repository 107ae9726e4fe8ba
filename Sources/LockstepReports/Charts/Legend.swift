import LockstepCore

/// What the lines of a chart mean.
enum Legend {
  /// One entry: a piece of its line with its mark, as an SVG of 34 × 14 units without a frame.
  static func swatch(_ style: Int, isReference: Bool, isBars: Bool, ink: Ink) -> String {
    if isReference { return "<path \(ink.reference) d=\"M2 7H32\"/>" }
    if isBars { return "<rect \(ink.bar(style)) x=\"12\" y=\"1\" width=\"14\" height=\"12\"/>" }
    return "<path \(ink.line(style)) d=\"M2 7H32\"/>"
      + "<path \(ink.mark(style)) d=\"\(Ink.outline(style, 17, 7))\"/>"
  }

  /// A legend within a drawing.
  ///
  /// - Returns: its elements, and how high it is; nothing for a single nameless series.
  static func svg(
    _ names: [String], isReference: [Bool], isBars: Bool, width: Double, ink: Ink
  ) -> (String, height: Double) {
    var body = ""
    var (x, y, style) = (4.0, 0.0, 0)
    for (name, reference) in zip(names, isReference) {
      // A nameless series keeps its style, so that the others look alike in every figure.
      guard !name.isEmpty else {
        style += 1
        continue
      }
      let needed = 34 + 6 + 6.6 * Double(name.count) + 14
      if x > 4, x + needed > width {
        x = 4
        y += 18
      }
      body +=
        "<g transform=\"translate(\(NumberText.coordinate(x)) \(NumberText.coordinate(y)))\">"
        + swatch(style % Ink.seriesCount, isReference: reference, isBars: isBars, ink: ink)
        + "<text x=\"40\" y=\"11\" \(ink.text("start"))>\(Markup.escape(name))</text></g>"
      x += needed
      if !reference { style += 1 }
    }
    return (body, body.isEmpty ? 0 : y + 20)
  }

  /// A legend beside a drawing on the page.
  static func html(_ names: [String], isReference: [Bool], isBars: Bool) -> String {
    var style = 0
    var items = ""
    for (name, reference) in zip(names, isReference) {
      let number = style
      if !reference { style += 1 }
      guard !name.isEmpty else { continue }
      items +=
        "<li><svg viewBox=\"0 0 34 14\" width=\"34\" height=\"14\" aria-hidden=\"true\">"
        + swatch(number % Ink.seriesCount, isReference: reference, isBars: isBars, ink: .page)
        + "</svg>\(Markup.escape(name))</li>"
    }
    return items.isEmpty ? "" : "<ul class=\"legend\">\(items)</ul>"
  }
}
