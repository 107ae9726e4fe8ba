import Foundation
import Lockstep
import Testing

@testable import LockstepCommands

/// `make install`, and what it installs.
@Suite(.timeLimit(.minutes(15))) struct InstallTests {
  private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Documentation/Packaging/install").path

  /// Runs a program, and gives what it prints; `nil` where it fails.
  private static func run(_ words: [String]) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: data, as: UTF8.self) : nil
  }

  /// Every file and folder below a folder.
  private static func tree(_ path: String) -> Set<String> {
    Set(FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
  }

  /// What bash completes at the end of a line.
  private static func completions(of line: String) throws -> [String] {
    let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let script = """
      source <("$0" --generate-completion-script bash)
      COMP_LINE=$1 COMP_POINT=${#1} COMP_CWORD=\(words.count - 1)
      shift
      COMP_WORDS=("$@")
      _lockstep lockstep "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let found = try run(["bash", "-c", script, LockstepProcess.executable, line] + words)
    return try #require(found).split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
  }

  @Test func `installing and removing leaves what was there before`() throws {
    let folder = try CommandFolder()
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/opt/share/man/man1", withIntermediateDirectories: true)
    try folder.write("opt/share/man/man1/other.1", "not ours\n")
    let before = Self.tree(folder.path)
    let call = ["DESTDIR=\(folder.path)", Self.script]
    // The second time is in place of the first.
    for _ in 0..<2 {
      #expect(try Self.run(call + [LockstepProcess.executable, "/opt"]) != nil)
      let added = Self.tree(folder.path).subtracting(before)
      for file in [
        "bin/lockstep", "share/man/man1/lockstep.1", "share/man/man1/lockstep-study-run.1",
        "share/man/man1/lockstep-sweep-merge.1",
        "share/bash-completion/completions/lockstep", "share/zsh/site-functions/_lockstep",
        "share/fish/vendor_completions.d/lockstep.fish",
      ] {
        #expect(added.contains("opt/\(file)"), "\(file)")
      }
    }
    let page = String(
      decoding: try folder.read("opt/share/man/man1/lockstep-run.1"), as: UTF8.self)
    for option in RunOptions.table {
      #expect(page.contains(option.name.replacing("-", with: "\\-")), "\(option.name)")
    }
    #expect(page.contains("EXIT STATUS") && page.contains("fB130"))
    #expect(try Self.run(call + ["--remove", "/opt"]) != nil)
    #expect(Self.tree(folder.path) == before)
    #expect(try Self.run(call + ["--remove", "/opt"]) == nil)
  }

  @Test func `what cannot be installed whole leaves what was installed before`() throws {
    let folder = try CommandFolder()
    let call = ["DESTDIR=\(folder.path)", Self.script, LockstepProcess.executable]
    #expect(try Self.run(call + ["/opt"]) != nil)
    // The list of what is installed comes last.
    let list = "\(folder.path)/opt/share/lockstep/installed"
    let kept = try folder.read("opt/share/lockstep/installed")
    try FileManager.default.removeItem(atPath: "\(folder.path)/opt/bin/lockstep")
    try folder.write("opt/bin/lockstep", "an earlier one\n")
    let installed = Self.tree(folder.path)
    let page = "\(folder.path)/opt/share/fish/vendor_completions.d/lockstep.fish"
    try FileManager.default.removeItem(atPath: page)
    try FileManager.default.createDirectory(atPath: page, withIntermediateDirectories: false)
    #expect(try Self.run(call + ["/opt"]) == nil)
    #expect(Self.tree(folder.path) == installed)
    #expect(try folder.read("opt/bin/lockstep") == Data("an earlier one\n".utf8))
    #expect(FileManager.default.contents(atPath: list) == kept)
    // Where nothing was installed, nothing is.
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/new/bin/lockstep", withIntermediateDirectories: true)
    let before = Self.tree(folder.path)
    #expect(try Self.run(call + ["/new"]) == nil)
    #expect(Self.tree(folder.path) == before)
  }

  @Test func `the root is a place, too`() throws {
    let folder = try CommandFolder()
    let call = ["DESTDIR=\(folder.path)/root", Self.script]
    #expect(try Self.run(call + [LockstepProcess.executable, "/"]) != nil)
    #expect(folder.names(in: "root") == ["bin", "share"])
    #expect(try Self.run(call + ["--remove", "/"]) != nil)
    #expect(Self.tree(folder.path) == ["root"])
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `completions know every value that there is`(shell: String) throws {
    let script = try lockstep(["--generate-completion-script", shell]).output
    var names = PolicySpecification.allPolicies.map { $0.name }
    names += BundledStudies.names + ModelSpecification.names + DataSpecification.names
    names += EngineChoice.allCases.map(\.rawValue) + Decomposition.allCases.map(\.rawValue)
    #expect(names.filter { !script.contains($0) }.isEmpty)
    // Nothing of what stands for something else, and nothing was forgotten.
    let options = Set(Completions.values.keys)
    #expect(
      options.isSuperset(of: [
        "model", "data", "engine", "decomposition", "policy", "optimizer", "schedule", "sampling",
        "kernels", "precision", "pin", "service", "read-time", "apply-time", "delay", "delay-per",
        "record",
      ]))
    for (option, values) in Completions.values {
      let missing = values.filter { !script.contains($0) || $0 != $0.lowercased() }
      #expect(missing.isEmpty, "\(option)")
    }
  }

  @Test func `bash completes values`() throws {
    #expect(try Self.completions(of: "lockstep run --policy b") == ["barrier", "bounded:"])
    #expect(try Self.completions(of: "lockstep run --model m") == ["mlp"])
    #expect(
      try Self.completions(of: "lockstep bench --optimizer a")
        == ["adagrad", "adam", "adamw"])
    #expect(
      try Self.completions(of: "lockstep study run d")
        == BundledStudies.names.filter { $0.hasPrefix("d") }.sorted())
  }
}
