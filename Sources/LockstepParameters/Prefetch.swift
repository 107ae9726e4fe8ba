import CSharedMemory

/// Hints to the processor which cache lines will be wanted soon.
///
/// They change no value.
public enum Prefetch {
  /// The line at `address` will be read once.
  @inlinable
  public static func read(_ address: UnsafeRawPointer) {
    lockstep_prefetch_read(address)
  }

  /// The line at `address` will be read and written.
  @inlinable
  public static func write(_ address: UnsafeRawPointer) {
    lockstep_prefetch(address)
  }
}
