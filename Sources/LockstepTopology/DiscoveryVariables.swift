import Glibc

/// The environment variables by which a user makes hwloc take something else for this machine.
enum DiscoveryVariables {
  /// Their names, in the order of hwloc's manual.
  private static let names = [
    "HWLOC_XMLFILE", "HWLOC_SYNTHETIC", "HWLOC_FSROOT", "HWLOC_CPUID_PATH", "HWLOC_COMPONENTS",
    "HWLOC_THISSYSTEM",
  ]

  /// A variable's value; `nil` if it isn't set or is empty, which hwloc ignores.
  static func value(of name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// What is to be done about those that are set; `nil` if none is.
  static var hint: String? {
    let set = names.filter { name in
      // 1 says that whatever else is set describes this machine.
      value(of: name).map { name != "HWLOC_THISSYSTEM" || $0 != "1" } ?? false
    }
    guard let last = set.last else { return nil }
    let others = set.dropLast()
    let names = others.isEmpty ? last : others.joined(separator: ", ") + " and " + last
    return "hwloc can't see this machine as it is while \(names) \(set.count == 1 ? "is" : "are") "
      + "set; unset \(set.count == 1 ? "it" : "them")"
  }
}
