/// Elementary functions whose bits depend on no library and no processor.
///
/// The C library picks its `exp` and `log` by processor, and two of them need not agree in the last
/// bit. Everything a reproducible run computes goes through these instead: IEEE 754 additions,
/// multiplications and divisions in a fixed order, without fused multiply-adds.
///
/// **Determinism:** bit-exact on every IEEE 754 processor, in debug and in release.
public enum PortableMath {
  /// The base-e exponential of `x`, within 2 units in the last place.
  ///
  /// `exp(x) = 2ᵏ · exp(r)` with `k = round(x / ln 2)` and `|r| ≤ ln 2 / 2`; `exp(r)` is the Taylor
  /// polynomial of degree 13, whose remainder is below 5e-18.
  ///
  /// - Parameter x: any double; NaN gives NaN.
  /// - Returns: `+∞` above 709.78, 0 below −745.13 (through the subnormals).
  /// - Complexity: O(1), about 5 ns.
  @inlinable
  public static func exp(_ x: Double) -> Double {
    if !(x < 709.782712893384) { return x.isNaN ? x : .infinity }
    if x < -745.2 { return 0 }
    let k = (x * 1.4426950408889634).rounded(.toNearestOrEven)
    let r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33
    var p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 0.0001984126984126984
    p = p * r + 0.001388888888888889
    p = p * r + 0.008333333333333333
    p = p * r + 0.041666666666666664
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    p = p * r + 1
    p = p * r + 1
    let exponent = Int(k)
    // Two factors, so that neither overflows nor is flushed while the product is representable.
    let half = exponent / 2
    return p * powerOfTwo(half) * powerOfTwo(exponent - half)
  }

  /// The natural logarithm of `x`, within 2 units in the last place.
  ///
  /// With `x = 2ᵉ·m`, `m` in `[√½, √2)`, and `f = (m − 1)/(m + 1)`:
  /// `log x = e·ln 2 + 2·(f + f³/3 + f⁵/5 + …)`, cut after `f²¹/21`.
  ///
  /// - Parameter x: any double.
  /// - Returns: `−∞` at 0, NaN below 0.
  /// - Complexity: O(1).
  @inlinable
  public static func log(_ x: Double) -> Double {
    if !(x > 0) { return x == 0 ? -.infinity : .nan }
    if x == .infinity { return x }
    // The bits of a normal number say both; the library is asked about subnormal ones alone.
    let bits = x.bitPattern
    let isNormal = bits >> 52 != 0
    var exponent = Double(isNormal ? Int(bits >> 52) - 1023 : Int(x.exponent))
    var m =
      isNormal ? Double(bitPattern: bits & 0xF_FFFF_FFFF_FFFF | 0x3FF << 52) : x.significand
    if m >= 1.4142135623730951 {
      m *= 0.5
      exponent += 1
    }
    let f = (m - 1) / (m + 1)
    let s = f * f
    var p = 1.0 / 21
    p = p * s + 1.0 / 19
    p = p * s + 1.0 / 17
    p = p * s + 1.0 / 15
    p = p * s + 1.0 / 13
    p = p * s + 1.0 / 11
    p = p * s + 1.0 / 9
    p = p * s + 1.0 / 7
    p = p * s + 1.0 / 5
    p = p * s + 1.0 / 3
    let tail = 2 * f * s * p + exponent * 0x1.a39ef35793c76p-33
    return exponent * 0x1.62e42fee00000p-1 + (2 * f + tail)
  }

  /// `log(1 + exp(x))` without overflow: the logistic loss at margin `−x`.
  ///
  /// - Returns: a value ≥ 0; for large `x` it tends to `x`, for very negative `x` to `exp(x)`.
  @inlinable
  public static func softplus(_ x: Double) -> Double {
    if x.isNaN { return x }
    let e = exp(-x.magnitude)
    // log(1 + e): by series where adding to 1 would lose what matters.
    let tail = e < 1e-4 ? e * (1 - e * (0.5 - e * (1.0 / 3))) : log(1 + e)
    return (x > 0 ? x : 0) + tail
  }

  /// `1 / (1 + exp(−x))`, without overflow.
  @inlinable
  public static func logistic(_ x: Double) -> Double {
    if x >= 0 { return 1 / (1 + exp(-x)) }
    let e = exp(x)
    return e / (1 + e)
  }

  /// The hyperbolic tangent of `x`.
  ///
  /// By its odd Taylor series below 0.1 in magnitude, where `1 − 2/(e²ˣ + 1)` would cancel.
  @inlinable
  public static func tanh(_ x: Double) -> Double {
    let a = x.magnitude
    if a < 0.1 {
      let s = x * x
      var p = 21844.0 / 6081075
      p = p * s - 1382.0 / 155925
      p = p * s + 62.0 / 2835
      p = p * s - 17.0 / 315
      p = p * s + 2.0 / 15
      p = p * s - 1.0 / 3
      return x + x * s * p
    }
    if a > 20 { return x.sign == .minus ? -1 : 1 }
    let t = 1 - 2 / (exp(2 * a) + 1)
    return x.sign == .minus ? -t : t
  }

  /// `cos π·x`, within 4e-16 of it.
  ///
  /// By the Taylor polynomials of sine and cosine of at most `π/4`, whose remainders are below 3e-18.
  ///
  /// - Parameter x: half turns, 0 … 1.
  public static func cosine(ofHalfTurns x: Double) -> Double {
    func series(_ y: Double, from first: Double) -> Double {
      // 1 − y²/((first + 1)(first + 2)) + …, from its last term on.
      var sum = 1.0
      for term in stride(from: 16.0, through: 2, by: -2) {
        sum = 1 - y * y / ((first + term - 1) * (first + term)) * sum
      }
      return sum
    }
    if x > 0.75 { return -series((1 - x) * .pi, from: 0) }
    if x < 0.25 { return series(x * .pi, from: 0) }
    let y = (0.5 - x) * .pi
    return y * series(y, from: 1)
  }

  @inlinable
  static func powerOfTwo(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
