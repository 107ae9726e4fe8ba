import CHwloc
import Glibc
import LockstepCore

extension Topology {
  /// Binds the whole pages in a range of memory to a NUMA node.
  ///
  /// Pages that are touched later come from the node; those touched before move there if they can.
  /// The parts of a page at either end of the range stay where they are, since they may belong to
  /// somebody else. On a machine of one node, nothing needs to be done and nothing is.
  ///
  /// - Parameters:
  ///   - address: the start of the range.
  ///   - byteCount: its length in bytes.
  ///   - numaNode: the operating system's number of the node.
  /// - Returns: whether any memory was bound.
  /// - Throws: ``TopologyError/memoryBindingRefused(numaNode:reason:)`` if there is no such node,
  ///   if the system refuses (a container may, by its system-call filter), or if this isn't the
  ///   running machine's topology.
  ///
  /// **Concurrency:** any thread. It changes where memory lies, never what it holds, so others may
  /// use the range meanwhile.
  @discardableResult
  public func bindMemory(
    at address: UnsafeMutableRawPointer, byteCount: Int, toNUMANode numaNode: Int
  ) throws(TopologyError) -> Bool {
    guard numaNodes.contains(where: { $0.os == numaNode }) else {
      throw .memoryBindingRefused(numaNode: numaNode, reason: "there is no such node")
    }
    guard numaNodes.count > 1 else { return false }
    if let reasonAgainstBinding {
      throw .memoryBindingRefused(numaNode: numaNode, reason: reasonAgainstBinding)
    }
    let pages = Self.wholePages(
      in: UInt(bitPattern: address), byteCount: byteCount, pageSize: sysconf(Int32(_SC_PAGESIZE)))
    guard !pages.isEmpty, let start = UnsafeRawPointer(bitPattern: pages.lowerBound) else {
      return false
    }
    let node = CPUSet([numaNode])
    let flags = HWLOC_MEMBIND_BYNODESET.rawValue | HWLOC_MEMBIND_MIGRATE.rawValue
    // The range is the caller's; hwloc hands it to mbind(2), which never reads or writes it.
    let result = withHandle { handle in
      node.withBitmap {
        hwloc_set_area_membind(
          handle, start, pages.count, $0, HWLOC_MEMBIND_BIND, Int32(flags))
      }
    }
    guard result == 0 else {
      throw .memoryBindingRefused(numaNode: numaNode, reason: SystemCallError.last.reason)
    }
    return true
  }

  /// The addresses of the whole pages in a range; empty if there are none.
  static func wholePages(in address: UInt, byteCount: Int, pageSize: Int) -> Range<UInt> {
    let page = UInt(max(pageSize, 1))
    let (end, overflows) = address.addingReportingOverflow(UInt(max(byteCount, 0)))
    guard !overflows, address <= UInt.max - page else { return address..<address }
    let first = (address + page - 1) / page * page
    let last = end / page * page
    return first < last ? first..<last : address..<address
  }
}
