import Testing

@testable import LockstepCore

@Suite struct `The limit of a control group` {
  private func limit(_ membership: String, _ mounts: String, _ files: [String: String]) -> UInt64? {
    MemoryAllowance.controlGroupLimit(membership: membership, mounts: mounts) { files[$0] }
  }

  private let first = "36 25 0:31 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory\n"
  private let second = "30 25 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"

  @Test func `is that of the process's own group in version 2`() {
    #expect(
      limit(
        "0::/user/job\n", second,
        ["/sys/fs/cgroup/user/job/memory.max": "1000\n", "/sys/fs/cgroup/memory.max": "max\n"])
        == 1000)
  }

  @Test func `is the least of those that it lies in`() {
    #expect(
      limit(
        "0::/a/b/c\n", second,
        [
          "/sys/fs/cgroup/a/b/c/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.max": "500\n",
          "/sys/fs/cgroup/a/memory.max": "700\n",
        ]) == 500)
  }

  @Test func `is that of the memory controller in version 1`() {
    #expect(
      limit(
        "5:devices:/x\n4:cpu,memory:/job\n0::/\n", first + second,
        [
          "/sys/fs/cgroup/memory/job/memory.limit_in_bytes": "2000\n",
          "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
          "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "1\n",
        ]) == 2000)
  }

  @Test func `is found where a container shows only part of the tree`() {
    let mounts = "30 25 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
    #expect(
      limit("0::/docker/1/inner\n", mounts, ["/sys/fs/cgroup/inner/memory.max": "300"]) == 300)
    #expect(limit("0::/elsewhere\n", mounts, ["/sys/fs/cgroup/memory.max": "400"]) == 400)
  }

  @Test func `is none where there is none`() {
    #expect(limit("", "", [:]) == nil)
    #expect(limit("0::/\n", second, ["/sys/fs/cgroup/memory.max": "max\n"]) == nil)
    #expect(limit("nonsense\n0::", "1 2 3\n- cgroup2\n", [:]) == nil)
  }
}
