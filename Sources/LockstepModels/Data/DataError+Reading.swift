import Glibc
import LockstepCore

extension DataError {
  /// Reads a whole file.
  ///
  /// - Throws: ``DataError/notFound(path:reason:)`` where it cannot be opened or read.
  package static func contents(of path: String) throws(DataError) -> [UInt8] {
    do throws(SystemCallError) {
      return try InputFile.read(path)
    } catch {
      let reason = error.code == ENOENT ? "no such file" : error.reason
      throw .notFound(path: path, reason: "cannot be read (\(reason))")
    }
  }
}
