/// The compressed sparse rows of a training set with their targets: plain pointers, so that the hot
/// loops hold them in registers.
///
/// Where a row starts, how long it is and its target lie side by side, so that a row that is drawn
/// at random costs one far access before its entries, not three.
///
/// Valid as long as the example set and the arena that it was made from.
struct SparseRows<Scalar: ModelScalar> {
  /// What is known of a row.
  struct Header {
    /// The row's first entry.
    let start: Int
    /// The number of its entries.
    let count: Int32
    /// Its target.
    let target: Scalar

    /// The row's entries.
    @inline(__always)
    var entries: Range<Int> { Range(uncheckedBounds: (start, start &+ Int(count))) }
  }

  /// `[count]`.
  let headers: UnsafePointer<Header>
  /// The columns of all entries, ascending within a row.
  let columns: UnsafePointer<Int32>
  /// The values of all entries.
  let values: UnsafePointer<Scalar>

  /// The rows of a set, or `nil` where it isn't sparse.
  init?(_ set: ExampleSet<Scalar>, arena: Arena) {
    guard case .sparse(let offsets, let columns, let values) = set.features else { return nil }
    let headers = arena.allocate(Header.self, count: set.count)
    for row in 0..<set.count {
      headers[row] = Header(
        start: offsets[row], count: Int32(offsets[row + 1] - offsets[row]),
        target: set.targets[row])
    }
    self.headers = UnsafePointer(headers)
    self.columns = columns
    self.values = values
  }

  /// The part of a row's entries whose columns are in a range, by binary search.
  @inline(__always)
  func part(of entries: Range<Int>, columnsIn range: Range<Int>) -> Range<Int> {
    let low = lowerBound(range.lowerBound, in: entries)
    let high = lowerBound(range.upperBound, in: low..<entries.upperBound)
    return low..<high
  }

  /// The first entry whose column is at least `column`.
  @inline(__always)
  private func lowerBound(_ column: Int, in entries: Range<Int>) -> Int {
    var low = entries.lowerBound
    var high = entries.upperBound
    while low < high {
      let middle = low + (high - low) / 2
      if Int(columns[middle]) < column { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
