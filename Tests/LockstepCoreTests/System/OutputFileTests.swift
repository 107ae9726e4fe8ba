import Foundation
import Glibc
import Testing

@testable import LockstepCore

@Suite struct `A file that is written whole` {
  private let folder: String

  init() throws {
    folder =
      FileManager.default.temporaryDirectory
      .appending(path: "lockstep-\(UUID().uuidString)").path
    try OutputFile.makeFolder(folder + "/deep/er")
  }

  private var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  @Test func `replaces the old one and keeps its permissions`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let path = folder + "/file"
    try OutputFile.write(Array("old".utf8), to: path)
    #expect(chmod(path, 0o640) == 0)
    var old = stat()
    #expect(stat(path, &old) == 0)
    try OutputFile.write(Array("new".utf8), to: path)
    var new = stat()
    #expect(stat(path, &new) == 0)
    #expect(new.st_mode & 0o7777 == 0o640)
    #expect(new.st_ino != old.st_ino)
    #expect(try InputFile.read(path) == Array("new".utf8))
    #expect(names == ["deep", "file"])
  }

  @Test func `is refused where it cannot be, and nothing is left`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (path, code) in [
      (folder + "/deep", EISDIR), (folder + "/missing/file", ENOENT), ("/dev/full", ENOSPC),
    ] {
      #expect(throws: SystemCallError(code: code)) {
        try OutputFile.write([1, 2, 3], to: path)
      }
    }
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/loop", withDestinationPath: "loop")
    #expect(throws: SystemCallError(code: ELOOP)) {
      try OutputFile.write([1], to: folder + "/loop")
    }
    #expect(names == ["deep", "loop"])
  }

  @Test func `leaves alone the part of one that somebody else holds`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Another process of this number may live on another machine that shares the folder.
    let held = folder + "/.lockstep-2147483600-1.partial"
    let left = folder + "/.lockstep-2147483601-1.partial"
    let descriptor = open(held, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    close(open(left, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
    PartialFiles.removeStale(in: folder)
    #expect(names == [".lockstep-2147483600-1.partial", "deep"])
  }
}
