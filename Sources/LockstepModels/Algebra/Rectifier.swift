// The derivative of max(0, x), without a branch: written with a condition, the loop compiles to a
// jump per element that a processor predicts no better than a coin. Negating the bits of a positive
// number sets the sign bit, negating those of +0 doesn't; spread over the word it is the mask.

extension Float {
  /// `delta[i] ← value[i] > 0 ? delta[i] : 0`, for values that are not negative.
  public static func passPositive(
    _ delta: UnsafeMutablePointer<Float>, where value: UnsafePointer<Float>, count: Int
  ) {
    for i in 0..<count {
      let mask = Int32(bitPattern: 0 &- value[i].bitPattern) &>> 31
      delta[i] = Float(bitPattern: delta[i].bitPattern & UInt32(bitPattern: mask))
    }
  }
}

extension Double {
  /// `delta[i] ← value[i] > 0 ? delta[i] : 0`, for values that are not negative.
  public static func passPositive(
    _ delta: UnsafeMutablePointer<Double>, where value: UnsafePointer<Double>, count: Int
  ) {
    for i in 0..<count {
      let mask = Int64(bitPattern: 0 &- value[i].bitPattern) &>> 63
      delta[i] = Double(bitPattern: delta[i].bitPattern & UInt64(bitPattern: mask))
    }
  }
}
