import ArgumentParser
import Foundation

/// How progress is shown.
enum ProgressStyle: String, CaseIterable, ExpressibleByArgument {
  /// A bar on a terminal, otherwise lines.
  case auto
  /// A line every 30 s.
  case plain
  /// Nothing.
  case none
}

/// Shows how far a run is, on standard error.
struct ProgressDisplay {
  /// The width of a terminal that doesn't tell, as of everything that is printed.
  static let usualColumns = 120

  private let isBar: Bool
  private let isSilent: Bool
  private let title: String
  private let start = Date()
  private var lastLine = Date()
  private var hasDrawn = false

  init(_ style: ProgressStyle, quiet: Bool, title: String) {
    isSilent = quiet || style == .none
    isBar = style == .auto && isatty(STDERR_FILENO) == 1 && Self.understandsCodes
    self.title = Console.visible(title)
  }

  /// Shows a state: a fraction done, and what to say beside it.
  mutating func show(_ fraction: Double, _ detail: String) {
    guard !isSilent else { return }
    let now = Date()
    let detail = Console.visible(detail)
    if isBar {
      let line = Self.line(
        title, fraction, detail, remaining: remaining(fraction, now), columns: Self.columns)
      Console.show("\r\u{1B}[K\(line)")
      hasDrawn = true
    } else if now.timeIntervalSince(lastLine) >= 30 {
      lastLine = now
      Console.show("\(title): \(Int(fraction * 100)) % \(detail)\(remaining(fraction, now))\n")
    }
  }

  /// Takes the bar away.
  mutating func finish() {
    if hasDrawn { Console.show("\r\u{1B}[K") }
    hasDrawn = false
  }

  /// The bar with what stands beside it, in one line: the less important is left out until it fits.
  static func line(
    _ title: String, _ fraction: Double, _ detail: String, remaining: String, columns: Int
  ) -> String {
    // In its last column some terminals begin a new line.
    let width = max(0, columns - 1)
    func bar(_ width: Int) -> String {
      let filled = min(width, max(0, Int(fraction * Double(width))))
      return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }
    let percent = "\(Int((fraction * 100).rounded(.down))) %"
    let lines = [
      "\(title) \(bar(24)) \(percent) \(detail)\(remaining)",
      "\(title) \(bar(10)) \(percent) \(detail)\(remaining)",
      "\(bar(10)) \(percent) \(detail)\(remaining)", "\(percent) \(detail)\(remaining)",
      "\(percent) \(detail)",
    ]
    return lines.first { $0.count <= width } ?? String("\(percent) \(detail)".prefix(width))
  }

  /// The width of the terminal.
  private static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return usualColumns
    }
    return Int(size.ws_col)
  }

  /// Whether the terminal can clear a line.
  private static var understandsCodes: Bool {
    ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  private func remaining(_ fraction: Double, _ now: Date) -> String {
    let elapsed = now.timeIntervalSince(start)
    guard fraction > 0.02, elapsed > 1 else { return "" }
    return ", \(Int((elapsed / fraction - elapsed).rounded(.up))) s left"
  }
}
