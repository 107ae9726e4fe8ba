/// The compressed sparse rows of a training set with their targets: plain pointers, so that the hot
/// loops hold them in registers.
///
/// Valid as long as the example set they point into.
struct SparseRows<Scalar: ModelScalar> {
  /// `[count + 1]`.
  let offsets: UnsafePointer<Int>
  /// The columns of all entries, ascending within a row.
  let columns: UnsafePointer<Int32>
  /// The values of all entries.
  let values: UnsafePointer<Scalar>
  /// `[count]`.
  let targets: UnsafePointer<Scalar>

  /// The rows of a set, or `nil` where it isn't sparse.
  init?(_ set: ExampleSet<Scalar>) {
    guard case .sparse(let offsets, let columns, let values) = set.features else { return nil }
    self.offsets = offsets
    self.columns = columns
    self.values = values
    targets = set.targets
  }

  /// The entries of a row.
  @inline(__always)
  func entries(of row: Int) -> Range<Int> {
    Range(uncheckedBounds: (offsets[row], offsets[row + 1]))
  }

  /// The entries of a row whose columns are in a range, by binary search.
  @inline(__always)
  func entries(of row: Int, columnsIn range: Range<Int>) -> Range<Int> {
    let all = entries(of: row)
    let low = lowerBound(range.lowerBound, in: all)
    let high = lowerBound(range.upperBound, in: low..<all.upperBound)
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
