import Foundation

/// How much memory this process may have.
public enum MemoryAllowance {
  /// The machine's memory in bytes, or the limit of the process's control group where that is less,
  /// as it was when somebody first asked.
  public static let totalBytes: UInt64 = {
    let read = { (path: String) -> String? in
      (try? InputFile.read(path)).map { String(decoding: $0, as: UTF8.self) }
    }
    let limit = controlGroupLimit(
      membership: read("/proc/self/cgroup") ?? "", mounts: read("/proc/self/mountinfo") ?? "",
      contents: read)
    return min(ProcessInfo.processInfo.physicalMemory, limit ?? .max)
  }()

  /// The bytes that may still be mapped under `ulimit -v` and `ulimit -d`; `nil` without a limit.
  public static var addressSpaceLeft: UInt64? {
    let pages = statm
    var left: UInt64?
    for (resource, used) in [(RLIMIT_AS, pages.size), (RLIMIT_DATA, pages.data)] {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
        limit.rlim_cur < UInt64(Int64.max)
      else { continue }
      let rest = UInt64(limit.rlim_cur) - min(UInt64(limit.rlim_cur), used)
      left = min(left ?? .max, rest)
    }
    return left
  }

  /// The share of the memory that vectors and examples may take.
  public static let largestShare = 0.8
  /// The address space that is left to whatever isn't a vector or an example.
  public static let spareAddressSpace: UInt64 = 32 << 20

  /// Whether so many more bytes can be had.
  public static func allows(_ bytes: Double) -> Bool {
    guard bytes <= largestShare * Double(totalBytes) else { return false }
    return addressSpaceLeft.map { bytes + Double(spareAddressSpace) <= Double($0) } ?? true
  }

  /// Watches what something that grows takes, such as examples that are being read.
  public struct Watch: Sendable {
    private let first = statm.size

    /// Begins.
    public init() {}

    /// Whether what has grown takes more than its share of the memory, or could not become twice as large
    /// again, as a growing array does, within the limits of the address space.
    public var isExhausted: Bool {
      let size = statm.size
      let taken = size > first ? size - first : 0
      if Double(taken) > largestShare * Double(totalBytes) { return true }
      return addressSpaceLeft.map { $0 < 2 * taken + spareAddressSpace } ?? false
    }
  }

  /// What a thread maps for its stack, with what guards it.
  public static var threadBytes: UInt64 {
    var attributes = pthread_attr_t()
    guard pthread_attr_init(&attributes) == 0 else { return 8 << 20 }
    defer { pthread_attr_destroy(&attributes) }
    var size = 0
    guard pthread_attr_getstacksize(&attributes, &size) == 0 else { return 8 << 20 }
    return UInt64(size) + 8192
  }

  /// The bytes of the process's mappings, and of those that are data.
  private static var statm: (size: UInt64, data: UInt64) {
    guard let bytes = try? InputFile.read("/proc/self/statm") else { return (0, 0) }
    let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ")
      .compactMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    guard numbers.count > 5 else { return (0, 0) }
    let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
    return (numbers[0] * page, numbers[5] * page)
  }

  /// The least limit of a process's control group and of those that it lies in.
  ///
  /// - Parameters:
  ///   - membership: `/proc/self/cgroup`.
  ///   - mounts: `/proc/self/mountinfo`.
  ///   - contents: what a file holds; `nil` where there is none.
  /// - Returns: `nil` where there is no limit.
  ///
  /// **Reference:** Linux, *cgroups(7)*; version 1 and version 2, which may be in use side by side.
  package static func controlGroupLimit(
    membership: String, mounts: String, contents: (String) -> String?
  ) -> UInt64? {
    var groups: [(isSecond: Bool, path: String)] = []
    for line in membership.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      if parts[1].isEmpty {
        groups.append((true, String(parts[2])))
      } else if parts[1].split(separator: ",").contains("memory") {
        groups.append((false, String(parts[2])))
      }
    }
    var least: UInt64?
    for line in mounts.split(separator: "\n") {
      // 30 25 0:26 /root /mount options … - type source superoptions
      let words = line.split(separator: " ").map(String.init)
      guard words.count > 5, let dash = words.firstIndex(of: "-"), words.count > dash + 3 else {
        continue
      }
      let isSecond = words[dash + 1] == "cgroup2"
      let isFirst =
        words[dash + 1] == "cgroup" && words[dash + 3].split(separator: ",").contains("memory")
      guard isFirst || isSecond else { continue }
      let (root, mount) = (words[3] == "/" ? "" : words[3], words[4])
      for group in groups where group.isSecond == isSecond {
        // In a container the path may begin above what is mounted.
        var path = group.path.hasPrefix(root) ? String(group.path.dropFirst(root.count)) : ""
        while true {
          while path.hasSuffix("/") { path.removeLast() }
          let name = isSecond ? "memory.max" : "memory.limit_in_bytes"
          if let text = contents("\(mount)\(path)/\(name)"),
            let limit = UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines))
          {
            least = min(least ?? .max, limit)
          }
          guard let slash = path.lastIndex(of: "/") else { break }
          path = String(path[..<slash])
        }
      }
    }
    return least
  }
}
