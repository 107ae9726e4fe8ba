import Glibc
import Synchronization

/// The files that are being written and have not got their names yet.
///
/// Each is called `.lockstep-PROCESS-NUMBER.partial`, stands in the folder of the file that it will
/// replace, and is locked by whoever writes it. A process that is killed leaves the file and loses
/// the lock, which is how others tell what may be removed.
///
/// **Concurrency:** any thread may call any of these.
public enum PartialFiles {
  private struct State {
    var paths: Set<String> = []
    var made = 0
    var isClosed = false
  }

  private static let state = Mutex(State())
  private static let prefix = ".lockstep-"
  private static let suffix = ".partial"
  /// How old an unlocked file of a process that lives must be to be removed: between making a file
  /// and locking it, its writer does nothing else.
  private static let graceSeconds = 60

  /// A new file without a name to keep.
  struct File {
    let path: String
    let descriptor: Int32
  }

  /// Makes a file in a folder.
  ///
  /// - Throws: ``SystemCallError``.
  static func make(in folder: String) throws(SystemCallError) -> File {
    try state.withLock { state throws(SystemCallError) in
      guard !state.isClosed else { throw SystemCallError(code: EINTR) }
      while true {
        state.made += 1
        let path = "\(folder)/\(prefix)\(getpid())-\(state.made)\(suffix)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        if descriptor < 0 {
          // Another process with the same number, in another container, or long ago.
          if errno == EEXIST { continue }
          throw .last
        }
        // Some network folders have no locks; then the process's number has to do.
        _ = flock(descriptor, LOCK_EX | LOCK_NB)
        state.paths.insert(path)
        return File(path: path, descriptor: descriptor)
      }
    }
  }

  /// Gives a file its name, instead of what has it, and closes it.
  ///
  /// - Throws: ``SystemCallError``; the file has gone then.
  static func finish(_ file: File, as target: String) throws(SystemCallError) {
    let failure = state.withLock { state -> SystemCallError? in
      guard !state.isClosed else { return SystemCallError(code: EINTR) }
      state.paths.remove(file.path)
      var failure: SystemCallError?
      if rename(file.path, target) != 0 {
        failure = .last
        unlink(file.path)
      }
      return failure
    }
    close(file.descriptor)
    if let failure { throw failure }
  }

  /// Removes a file that will not be finished.
  static func discard(_ file: File) {
    state.withLock { state in
      state.paths.remove(file.path)
      _ = unlink(file.path)
    }
    close(file.descriptor)
  }

  /// Removes all files of this process and lets none be made any more: the process ends now.
  public static func discardAll() {
    state.withLock { state in
      for path in state.paths { unlink(path) }
      state.isClosed = true
    }
  }

  /// Removes what killed processes have left in a folder, and nothing that belongs to a live one.
  public static func removeStale(in folder: String) {
    guard let entries = opendir(folder) else { return }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { continue }
      let digits = name.dropFirst(prefix.count).prefix { ("0"..."9").contains($0) }
      guard let process = pid_t(digits), process != getpid() else { continue }
      let path = "\(folder)/\(name)"
      if isStale(path, of: process) { unlink(path) }
    }
  }

  private static func isStale(_ path: String, of process: pid_t) -> Bool {
    let isAlive = kill(process, 0) == 0 || errno == EPERM
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return errno != EWOULDBLOCK && !isAlive }
    var status = stat()
    guard isAlive, fstat(descriptor, &status) == 0 else { return true }
    return time(nil) - status.st_mtim.tv_sec > graceSeconds
  }
}
