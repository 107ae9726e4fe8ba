import Glibc
import Testing

@testable import LockstepTopology

@Suite(.timeLimit(.minutes(15))) struct `The threads that can be had` {
  // Root may have any number; whoever has no other process has as many as the limit says.
  @Test func `are had all at once`() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 200, rlim_max: 200)
      try #require(setrlimit(__rlimit_resource_t(__RLIMIT_NPROC.rawValue), &limit) == 0)
      guard getuid() != 0 || setuid(54321) == 0 else { return }
      let error = #expect(throws: ResourceError.self) { try ThreadAllowance.require(1000) }
      guard case .tooFewThreads(let needed, let available, _) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(needed == 1000 && available < 200)
    }
  }
}
