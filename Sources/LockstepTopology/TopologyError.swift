/// What went wrong with the machine's topology, a placement or a binding, in a sentence.
public enum TopologyError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A kind of place that a worker can be pinned to by number.
  public enum Place: String, Equatable, Sendable {
    /// A core, by its logical number.
    case core
    /// A processing unit, by its logical number.
    case processingUnit = "PU"
    /// A processing unit, by the operating system's number.
    case osProcessingUnit = "OS PU"
  }

  /// The version of a topology file that this hwloc can't read.
  public enum XMLVersion: Equatable, Sendable {
    /// hwloc 1's.
    case old
    /// One of an hwloc after 2.
    case new(major: Int, minor: Int)
  }

  /// hwloc can't discover this machine.
  case discoveryFailed(reason: String)
  /// A synthetic description that hwloc doesn't take.
  case invalidSynthetic(description: String, reason: String)
  /// A topology file that isn't there or can't be read.
  case xmlUnreadable(path: String, reason: String)
  /// A file that isn't a topology in hwloc's XML format.
  case xmlInvalid(path: String)
  /// A topology file in a format that hwloc 2 can't read.
  case xmlVersion(path: String, version: XMLVersion)
  /// A file that can't be written.
  case notWritable(path: String, reason: String)
  /// A pin plan that names places that don't exist or that the process may not use.
  case unavailable(pin: String, place: Place, missing: [Int], available: [Int])
  /// A worker's thread that can't be bound to its place.
  case bindingRefused(worker: Int, os: [Int], reason: String)
  /// A thread that can't be given back the binding it had.
  case bindingNotRestored(os: [Int], reason: String)
  /// Memory that can't be bound to a NUMA node, by the operating system's number.
  case memoryBindingRefused(numaNode: Int, reason: String)

  /// The error as a sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .discoveryFailed(let reason):
      return "hwloc can't discover this machine: \(reason)"
    case .invalidSynthetic(let description, let reason):
      return "--synthetic '\(description)': \(reason)"
    case .xmlUnreadable(let path, let reason):
      return "\(path): \(reason)"
    case .xmlInvalid(let path):
      return "\(path): not a topology in hwloc's XML format"
    case .xmlVersion(let path, .old):
      return "\(path): a topology in the format of hwloc 1; convert it with hwloc 2's "
        + "'lstopo -i \(path) --of xml NEW.xml'"
    case .xmlVersion(let path, .new(let major, let minor)):
      return "\(path): a topology in hwloc's XML format \(major).\(minor), and this hwloc reads "
        + "2.0; convert it with hwloc \(major)'s "
        + "'lstopo -i \(path) --of xml --export-xml-flags v2 NEW.xml'"
    case .notWritable(let path, let reason):
      return "\(path): can't be written: \(reason)"
    case .unavailable(let pin, let place, let missing, let available):
      let verb = missing.count == 1 ? "is" : "are"
      return "--pin \(pin): \(Self.counted(place, missing)) \(verb) not available; "
        + "available: \(NumberList.text(available))"
    case .bindingRefused(let worker, let os, let reason):
      return "worker \(worker) can't be bound to \(Self.counted(.osProcessingUnit, os)): \(reason)"
    case .bindingNotRestored(let os, let reason):
      return "a thread can't go back to \(Self.counted(.osProcessingUnit, os)): \(reason)"
    case .memoryBindingRefused(let node, let reason):
      return "memory can't be bound to NUMA node \(node): \(reason)"
    }
  }

  /// The exit code of a command that ends with this error, from `sysexits.h`.
  public var exitCode: Int32 {
    switch self {
    case .invalidSynthetic, .unavailable: 64
    case .xmlInvalid, .xmlVersion: 65
    case .xmlUnreadable: 66
    case .discoveryFailed: 69
    case .notWritable: 73
    case .bindingRefused, .bindingNotRestored, .memoryBindingRefused: 1
    }
  }

  private static func counted(_ place: Place, _ numbers: [Int]) -> String {
    "\(place.rawValue)\(numbers.count == 1 ? "" : "s") \(NumberList.text(numbers))"
  }
}
