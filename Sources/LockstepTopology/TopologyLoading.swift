import CHwloc
import Glibc
import LockstepCore

/// Loads hwloc topologies.
enum TopologyLoading {
  /// The largest synthetic machine, in processing units.
  ///
  /// hwloc keeps several bitmaps per object, so memory grows with the square of this number.
  static let largestSynthetic = 16_384

  /// Keeps hwloc from writing to standard error, unless the user has asked for it to.
  ///
  /// libxml2 reports to standard error from every thread but the first to use it in hwloc; hwloc's
  /// own parser reads all that hwloc writes, and is silent. hwloc reads each variable once, when it
  /// first needs it. `setenv` isn't safe beside a `getenv` on another thread, so it happens once,
  /// before the first topology is made.
  private static let silence: Void = {
    setenv("HWLOC_HIDE_ERRORS", "2", 0)
    setenv("HWLOC_LIBXML_IMPORT", "0", 0)
  }()

  /// Makes and loads a topology; the caller owns it.
  static func load(_ source: TopologySource) throws(TopologyError) -> hwloc_topology_t {
    _ = silence
    var handle: hwloc_topology_t?
    guard hwloc_topology_init(&handle) == 0, let handle else {
      throw .discoveryFailed(reason: SystemCallError.last.reason)
    }
    do throws(TopologyError) {
      switch source {
      case .live: try loadLive(handle)
      case .synthetic(let description): try loadSynthetic(handle, description)
      case .xml(let path): try loadXML(handle, path)
      }
      // hwloc refreshes its caches lazily and not safely between threads; afterwards, reading is.
      guard hwloc_topology_refresh(handle) == 0 else {
        throw .discoveryFailed(reason: SystemCallError.last.reason)
      }
    } catch {
      hwloc_topology_destroy(handle)
      throw error
    }
    return handle
  }

  /// Discovers this machine and drops what the process may not use.
  ///
  /// hwloc drops by itself what a cgroup disallows. What lies outside the affinity goes here, and
  /// not by `HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING`: that flag asks for the binding of the
  /// process strictly, which fails, and silently restricts nothing, as soon as any two threads
  /// differ; and ours do while workers are bound. This asks for what the threads may use together.
  ///
  /// hwloc's x86 discovery binds its thread to one processor after the other, also to those outside
  /// of the affinity. Another thread that loads meanwhile would take them for usable. So it is left
  /// out; Linux's own files tell the same.
  private static func loadLive(_ handle: hwloc_topology_t) throws(TopologyError) {
    try checkEnvironment()
    let unbinding = HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING.rawValue
    guard hwloc_topology_set_flags(handle, UInt(unbinding)) == 0,
      hwloc_topology_load(handle) == 0
    else {
      let reason = SystemCallError.last.reason
      throw .discoveryFailed(reason: DiscoveryVariables.hint.map { "\($0) (\(reason))" } ?? reason)
    }
    // False if the user's HWLOC_XMLFILE or HWLOC_SYNTHETIC stands in for the machine.
    guard hwloc_topology_is_thissystem(handle) != 0 else { return }
    let usable = CPUSet()
    let flags = Int32(HWLOC_CPUBIND_PROCESS.rawValue)
    // Without /proc only the calling thread can tell.
    let thread = Int32(HWLOC_CPUBIND_THREAD.rawValue)
    guard
      [flags, thread].contains(where: { flags in
        usable.withBitmap { hwloc_get_cpubind(handle, $0, flags) } == 0
      })
    else {
      throw .discoveryFailed(
        reason: "the affinity of the process can't be read: \(SystemCallError.last.reason)")
    }
    guard usable.withBitmap({ hwloc_topology_restrict(handle, $0, 0) }) == 0 else {
      throw .discoveryFailed(
        reason: "it can't be restricted to the affinity of the process: "
          + SystemCallError.last.reason)
    }
  }

  /// Checks what the environment tells hwloc to take for this machine, as the same things are
  /// checked when they come from the command line.
  private static func checkEnvironment() throws(TopologyError) {
    do throws(TopologyError) {
      if let path = DiscoveryVariables.value(of: "HWLOC_XMLFILE") { _ = try checkedXML(path) }
    } catch {
      throw .discoveryFailed(reason: "HWLOC_XMLFILE: \(error)")
    }
    if let description = DiscoveryVariables.value(of: "HWLOC_SYNTHETIC"),
      processingUnits(described: description) > largestSynthetic
    {
      throw .discoveryFailed(
        reason: "HWLOC_SYNTHETIC '\(description)': more than \(largestSynthetic) processing units")
    }
  }

  private static func loadSynthetic(
    _ handle: hwloc_topology_t, _ description: String
  ) throws(TopologyError) {
    // hwloc takes an empty description for none at all and would load this machine.
    guard description.contains(where: { !$0.isWhitespace }) else {
      throw .invalidSynthetic(description: description, reason: "the description is empty")
    }
    guard processingUnits(described: description) <= largestSynthetic else {
      throw .invalidSynthetic(
        description: description, reason: "more than \(largestSynthetic) processing units")
    }
    guard hwloc_topology_set_synthetic(handle, description) == 0,
      hwloc_topology_load(handle) == 0
    else {
      throw .invalidSynthetic(
        description: description,
        reason: "not a machine in hwloc's words; write levels down to pu, "
          + "for example 'package:2 numa:1 core:4 pu:2'")
    }
  }

  /// Reads a file and makes sure that hwloc can be trusted with it.
  private static func checkedXML(_ path: String) throws(TopologyError) -> [UInt8] {
    let contents: [UInt8]
    do throws(SystemCallError) {
      contents = try InputFile.read(path, growth: 16)
    } catch {
      throw .xmlUnreadable(path: path, reason: error.whyUnreadable)
    }
    switch TopologyXMLCheck.finding(contents) {
    case .topology: return contents
    case .otherVersion(let version): throw .xmlVersion(path: path, version: version)
    case .invalid: throw .xmlInvalid(path: path)
    }
  }

  private static func loadXML(
    _ handle: hwloc_topology_t, _ path: String
  ) throws(TopologyError) {
    var contents = try checkedXML(path)
    // hwloc counts the terminating zero as part of the buffer.
    contents.append(0)
    guard let count = Int32(exactly: contents.count) else { throw .xmlInvalid(path: path) }
    let isSet = contents.withUnsafeBytes { bytes in
      // hwloc parses here and keeps a copy of its own, if any: the pointer doesn't escape.
      hwloc_topology_set_xmlbuffer(
        handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count) == 0
    }
    guard isSet, hwloc_topology_load(handle) == 0 else { throw .xmlInvalid(path: path) }
  }

  /// The number of processing units that a synthetic description asks for.
  ///
  /// The product of its numbers, or `Int.max` if that is too large. What stands in brackets counts
  /// memory and attributes, not objects.
  static func processingUnits(described description: String) -> Int {
    var depth = 0
    var outside = ""
    for character in description {
      switch character {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      default: if depth == 0 { outside.append(character) }
      }
    }
    var product = 1
    for level in outside.split(whereSeparator: \.isWhitespace) {
      let digits = level.drop { $0 != ":" }.dropFirst()
      let number = digits.isEmpty ? level : digits
      guard number.allSatisfy(\.isASCII), number.allSatisfy(\.isNumber) else { continue }
      guard let count = Int(number) else { return .max }
      let (result, overflows) = product.multipliedReportingOverflow(by: max(count, 1))
      if overflows { return .max }
      product = result
    }
    return product
  }
}
