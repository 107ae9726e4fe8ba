import CDigits
import LockstepParameters

/// The optical digits that need no file: 1,797 images of 8×8 pixels from 0 to 16.
///
/// **Reference:** Alpaydin and Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine
/// Learning Repository, 1998, doi:10.24432/C50P49 (CC BY 4.0); see `digits.h`.
enum Digits {
  /// The number of images.
  static let count = 1797
  /// The number of pixels of an image.
  static let featureCount = 64
  /// How many are held out where nothing else is asked for: the last fifth.
  static let heldOutCount = 360

  /// The images and labels as they are packed.
  static var archive: [UInt8] {
    var count = 0
    let bytes = lockstep_digits(&count)
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// Decodes all images, in the order of the archive.
  ///
  /// - Throws: ``DataError/invalid(path:line:reason:)`` never, unless the archive is damaged.
  static func load<Scalar: SharedScalar>(
    as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    let stream = try ByteStream(bytes: archive, path: "embedded digits")
    let width = featureCount + 1
    guard let rows = try stream.readRest(atMost: count * width), rows.count == count * width
    else { throw stream.invalid("has another size than \(count) × \(width) bytes") }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(count * featureCount)
    var labels: [Double] = []
    for row in 0..<count {
      pixels.append(contentsOf: rows[row * width..<row * width + featureCount])
      labels.append(Double(rows[row * width + featureCount]))
    }
    return ExampleTable(
      name: "digits", features: .bytes(pixels, scale: 16), featureCount: featureCount,
      labels: labels, labelRule: .declared((0..<10).map(Double.init)))
  }
}
