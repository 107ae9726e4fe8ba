import LockstepCore

extension DataError {
  /// Reads a whole file.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - growth: how many times its size it takes once it has become what its reader makes of it.
  /// - Throws: ``DataError/notFound(path:reason:)`` where it cannot be opened or read.
  package static func contents(
    of path: String, growth: Double
  ) throws(DataError) -> [UInt8] {
    do throws(SystemCallError) {
      return try InputFile.read(path, growth: growth)
    } catch {
      throw .notFound(path: path, reason: error.whyUnreadable)
    }
  }
}
