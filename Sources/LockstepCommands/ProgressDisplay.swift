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
  private let isBar: Bool
  private let isSilent: Bool
  private let title: String
  private let start = Date()
  private var lastLine = Date()
  private var hasDrawn = false

  init(_ style: ProgressStyle, quiet: Bool, title: String) {
    isSilent = quiet || style == .none
    isBar = style == .auto && isatty(STDERR_FILENO) == 1
    self.title = title
  }

  /// Shows a state: a fraction done, and what to say beside it.
  mutating func show(_ fraction: Double, _ detail: String) {
    guard !isSilent else { return }
    let now = Date()
    if isBar {
      let width = 24
      let filled = min(width, max(0, Int(fraction * Double(width))))
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
      let percent = Int((fraction * 100).rounded(.down))
      Self.write("\r\u{1B}[K\(title) \(bar) \(percent) % \(detail)\(remaining(fraction, now))")
      hasDrawn = true
    } else if now.timeIntervalSince(lastLine) >= 30 {
      lastLine = now
      Self.write("\(title): \(Int(fraction * 100)) % \(detail)\(remaining(fraction, now))\n")
    }
  }

  /// Takes the bar away.
  mutating func finish() {
    if hasDrawn { Self.write("\r\u{1B}[K") }
    hasDrawn = false
  }

  private func remaining(_ fraction: Double, _ now: Date) -> String {
    let elapsed = now.timeIntervalSince(start)
    guard fraction > 0.02, elapsed > 1 else { return "" }
    return ", \(Int((elapsed / fraction - elapsed).rounded(.up))) s left"
  }

  private static func write(_ text: String) {
    FileHandle.standardError.write(Data(text.utf8))
  }
}
