import LockstepCore

extension DataError {
  /// Reads a whole file.
  ///
  /// - Throws: ``DataError/notFound(path:reason:)`` where it cannot be opened or read.
  package static func contents(of path: String) throws(DataError) -> [UInt8] {
    do throws(SystemCallError) {
      return try InputFile.read(path)
    } catch {
      throw .notFound(path: path, reason: error.whyUnreadable)
    }
  }
}
