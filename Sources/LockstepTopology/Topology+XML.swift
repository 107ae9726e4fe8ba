import CHwloc
import LockstepCore

extension Topology {
  /// Writes the topology to a file that hwloc's tools and ``TopologySource/xml(_:)`` read.
  ///
  /// The file appears whole or not at all. It holds only what the process may use.
  ///
  /// - Parameter path: the file; one that is there is replaced.
  /// - Throws: ``TopologyError/notWritable(path:reason:)``.
  ///
  /// **Concurrency:** any thread, at any time: exporting only reads.
  public func exportXML(to path: String) throws(TopologyError) {
    do throws(SystemCallError) {
      try OutputFile.write(try withHandle(Self.xml), to: path)
    } catch {
      throw .notWritable(path: path, reason: error.reason)
    }
  }

  private static func xml(_ handle: hwloc_topology_t) throws(SystemCallError) -> [UInt8] {
    var text: UnsafeMutablePointer<CChar>?
    var length: Int32 = 0
    guard hwloc_topology_export_xmlbuffer(handle, &text, &length, 0) == 0, let text else {
      throw .last
    }
    // The buffer is hwloc's until it is freed; the length counts the terminating zero.
    defer { hwloc_free_xmlbuffer(handle, text) }
    return Array(UnsafeRawBufferPointer(start: text, count: max(0, Int(length) - 1)))
  }
}
