import LockstepParameters

/// The rows of an example set, copied out as a dense matrix of the model's width, in the scalar of
/// the set or a wider one.
struct FeatureRows<Scalar: ModelScalar> {
  /// Copies the features of some examples, padded with zeros to `width`.
  ///
  /// - Parameters:
  ///   - features: where the features lie; not ratings.
  ///   - stored: the features of a stored row, at most `width`.
  ///   - examples: `[count]`, the rows to copy.
  ///   - count: how many.
  ///   - width: the columns of `buffer`.
  ///   - buffer: `[count × width]`, row-major, overwritten.
  @inline(__always)
  static func gather<Element: ModelScalar>(
    _ features: ExampleSet<Scalar>.Features, stored: Int, examples: UnsafePointer<Int32>,
    count: Int, width: Int, into buffer: UnsafeMutablePointer<Element>
  ) {
    switch features {
    case .bytes(let bytes, let scale):
      let scale = Element(scale)
      for row in 0..<count {
        let source = bytes + Int(examples[row]) * stored
        let target = buffer + row * width
        for j in 0..<stored { target[j] = Element(source[j]) / scale }
        for j in stored..<width { target[j] = 0 }
      }
    case .dense(let values):
      for row in 0..<count {
        let target = buffer + row * width
        let source = values + Int(examples[row]) * stored
        if let source = source as? UnsafePointer<Element> {
          target.update(from: source, count: stored)
        } else {
          for j in 0..<stored { target[j] = Element(source[j]) }
        }
        for j in stored..<width { target[j] = 0 }
      }
    case .sparse(let offsets, let columns, let values):
      buffer.update(repeating: 0, count: count * width)
      for row in 0..<count {
        let example = Int(examples[row])
        let target = buffer + row * width
        for entry in offsets[example]..<offsets[example + 1] {
          target[Int(columns[entry])] = Element(values[entry])
        }
      }
    case .ratings:
      preconditionFailure("ratings have no features")
    }
  }
}
