import Foundation
import Testing

@testable import LockstepCommands

/// What README and `Documentation/` show can be typed, and prints what they show.
struct DocumentedCommandTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// README and the pages of `Documentation/`, by name.
  private static let pages: [String] = {
    let folder = root.appending(path: "Documentation").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return ["README.md"]
      + names.filter { $0.hasSuffix(".md") }.sorted().map { "Documentation/\($0)" }
  }()

  private static func lines(of page: String) throws -> [String] {
    try String(contentsOf: root.appending(path: page), encoding: .utf8)
      .components(separatedBy: "\n")
  }

  /// The indented commands of a page, each with the fenced block that follows it, if one does.
  private static func commands(of page: String) throws -> [(command: String, shown: [String])] {
    let lines = try lines(of: page)
    var found: [(command: String, shown: [String])] = []
    var isFenced = false
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("```") { isFenced.toggle() }
      let text = line.trimmingCharacters(in: .whitespaces).replacing("$L ", with: "lockstep ")
      guard !isFenced, line.hasPrefix("    "), text.hasPrefix("lockstep ") else { continue }
      var command = text
      var next = number + 1
      while command.hasSuffix("\\") {
        command = command.dropLast() + lines[next].trimmingCharacters(in: .whitespaces)
        next += 1
      }
      var shown: [String] = []
      if lines.indices.contains(next + 1), lines[next].isEmpty, lines[next + 1] == "```" {
        shown = Array(lines[(next + 2)...].prefix { $0 != "```" })
      }
      found.append((command, shown))
    }
    return found
  }

  /// The words after `lockstep`, as a shell takes them apart.
  private static func words(_ command: String) -> [String] {
    var words = [""]
    var quote: Character?
    for character in command.split(separator: " #")[0] {
      if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      } else if quote == nil, character == " " {
        words.append("")
      } else {
        words[words.count - 1].append(character)
      }
    }
    return Array(words.filter { !$0.isEmpty }.dropFirst())
  }

  @Test(arguments: pages) func `has commands that can be typed`(page: String) throws {
    let commands = try Self.commands(of: page).map(\.command)
    if page == "README.md" { #expect(commands.count > 20) }
    // Words in capitals stand for something, and brackets for what may be left out.
    for command in commands where !command.contains(#/ \[|\b(DIR|NAME|FILE)\b/#) {
      #expect(throws: Never.self, "\(page): \(command)") {
        let parsed = try LockstepCommand.parseAsRoot(Self.words(command))
        // The parameters of an earlier command are not there.
        if let run = parsed as? RunCommand, !command.contains("--init") {
          _ = try run.training.configuration()
        }
      }
    }
  }

  @Test(
    .timeLimit(.minutes(15)),
    arguments: ["lockstep run --engine virtual", "lockstep study run delay"])
  func `of README prints what stands there`(beginning: String) throws {
    let found = try Self.commands(of: "README.md").first {
      $0.command.hasPrefix(beginning) && !$0.shown.isEmpty
    }
    let (command, shown) = try #require(found)
    let folder = try CommandFolder()
    let result = try lockstep(Self.words(command), in: folder.path)
    #expect(result.code == 0)
    let timeless = { (line: String) in line.replacing(/simulated in .*/, with: "") }
    let printed = result.output.components(separatedBy: "\n").map(timeless)
    for line in shown where line != "…" {
      #expect(printed.contains(timeless(line)), "\(line)\nis not in\n\(result.output)")
    }
  }
}
