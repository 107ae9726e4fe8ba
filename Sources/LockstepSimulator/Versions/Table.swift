import LockstepCore
import LockstepParameters

/// A table of plain values in unsafe memory, which lives as long as its owner.
///
/// The loops of the simulation index nothing else, for the sake of their speed: a release build checks
/// no bounds, a debug build all of them.
struct Table<Element>: ~Copyable {
  /// Where the values are.
  private(set) var base: UnsafeMutablePointer<Element>
  /// The number of values there is room for.
  private(set) var count: Int

  /// Makes room for values that are written before they are read.
  init(capacity: Int) {
    base = Self.allocate(capacity)
    count = capacity
  }

  /// Makes a table of equal values.
  init(repeating value: Element, count: Int) {
    self.init(capacity: count)
    base.initialize(repeating: value, count: count)
  }

  /// Makes a table of given values.
  init(_ values: [Element]) {
    self.init(capacity: values.count)
    base.initialize(from: values, count: values.count)
  }

  deinit { base.deallocate() }

  /// A value by its number.
  subscript(index: Int) -> Element {
    @inline(__always) get {
      assert(index >= 0 && index < count, "a table is indexed within its bounds")
      return base[index]
    }
    @inline(__always) nonmutating _modify {
      assert(index >= 0 && index < count, "a table is indexed within its bounds")
      yield &base[index]
    }
  }

  /// Makes all values the same.
  func fill(with value: Element) { base.update(repeating: value, count: count) }

  /// Makes room for more values, which are written before they are read.
  mutating func grow(to larger: Int) {
    assert(larger >= count, "a table only grows")
    let moved = Self.allocate(larger)
    moved.moveInitialize(from: base, count: count)
    base.deallocate()
    (base, count) = (moved, larger)
  }

  /// Values the size of a cache line each fill one; a large table stands on large pages, because each
  /// event of many workers finds another part of it cold.
  private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
    let bytes = max(1, count) * MemoryLayout<Element>.stride
    let raw =
      bytes < 4 << 20
      ? UnsafeMutableRawPointer.allocate(
        byteCount: bytes, alignment: MemoryLayout<Element>.stride < 64 ? 16 : 64)
      : LargeMemory.allocate(byteCount: bytes)
    return raw.bindMemory(to: Element.self, capacity: max(1, count))
  }
}

extension StateArchive {
  /// Transfers a table of numbers.
  func table<Number: BitwiseCopyable>(
    _ name: String, _ table: borrowing Table<Number>
  ) throws(CheckpointError) {
    try numbers(name, table.base, count: table.count)
  }

  /// Transfers a table of indices, each within bounds.
  func table<Number: FixedWidthInteger & BitwiseCopyable>(
    _ name: String, _ table: borrowing Table<Number>, within bounds: Range<Int>
  ) throws(CheckpointError) {
    try numbers(name, table.base, count: table.count)
    for index in 0..<table.count { try require(bounds.contains(Int(table[index])), name) }
  }

  /// Transfers one member of every value of a table.
  ///
  /// - Parameter count: the number of values; `nil` for all that there is room for.
  func column<Element, Number: BitwiseCopyable>(
    _ name: String, _ table: borrowing Table<Element>, count: Int? = nil,
    _ member: WritableKeyPath<Element, Number>
  ) throws(CheckpointError) {
    let (base, count) = (table.base, count ?? table.count)
    assert(count <= table.count, "a table is indexed within its bounds")
    var column = isRestoring ? [] : (0..<count).map { base[$0][keyPath: member] }
    try list(name, &column)
    try require(column.count == count, name)
    for (index, value) in column.enumerated() where isRestoring {
      base[index][keyPath: member] = value
    }
  }

  /// Transfers one truth of every value of a table.
  func flags<Element>(
    _ name: String, _ table: borrowing Table<Element>, _ member: WritableKeyPath<Element, Bool>
  ) throws(CheckpointError) {
    let base = table.base
    var column =
      isRestoring ? [] : (0..<table.count).map { UInt8(base[$0][keyPath: member] ? 1 : 0) }
    try list(name, &column)
    try require(column.count == table.count, name)
    for (index, value) in column.enumerated() where isRestoring {
      base[index][keyPath: member] = value != 0
    }
  }
}
