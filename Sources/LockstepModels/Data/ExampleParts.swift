extension UnsafeBufferPointer {
  /// Goes through the elements in parts of at most `size`.
  ///
  /// - Parameters:
  ///   - size: at least 1.
  ///   - body: called with the place of a part's first element, and the part.
  @inline(__always)
  func forEachPart(of size: Int, _ body: (_ first: Int, _ part: Self) -> Void) {
    var first = 0
    while first < count {
      let part = first..<(first + Swift.min(size, count - first))
      body(first, UnsafeBufferPointer(rebasing: self[part]))
      first = part.upperBound
    }
  }
}
