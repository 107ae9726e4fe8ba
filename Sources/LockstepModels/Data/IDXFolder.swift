import Glibc
import LockstepCore
import LockstepParameters

/// A folder with MNIST's four files, or at least the two for training.
///
/// Each file may be called as MNIST's are, or with a `.` before `idx`, and have `.gz` appended.
struct IDXFolder {
  /// The folder.
  let path: String
  /// What the data is called.
  let name: String

  /// Looks at a folder.
  ///
  /// - Throws: ``DataError/notFound(path:reason:)`` where there is none.
  init(_ path: String, name: String? = nil) throws(DataError) {
    self.path = path
    self.name = name ?? path
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .notFound(path: path, reason: "no such folder")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .invalid(path: path, line: nil, reason: "is not a folder")
    }
  }

  /// Looks at Fashion-MNIST's folder.
  ///
  /// - Throws: ``DataError/missing(reason:)`` where it is Debian's and not installed.
  static func fashionMNIST(_ path: String) throws(DataError) -> IDXFolder {
    if path == DataSpecification.debianFashionMNIST, access(path, F_OK) != 0 {
      throw .missing(reason: missingFashionMNIST)
    }
    return try IDXFolder(path, name: "Fashion-MNIST")
  }

  /// What to do where Debian's folder is missing.
  static let missingFashionMNIST =
    "Fashion-MNIST is not in \(DataSpecification.debianFashionMNIST): install Debian's package "
    + "dataset-fashion-mnist (apt-get install dataset-fashion-mnist) or give fashion-mnist:DIR"

  /// Loads both parts; the second is `nil` where the folder has no `t10k` file.
  func load<Scalar: SharedScalar>(
    as type: Scalar.Type
  ) throws(DataError) -> (ExampleTable<Scalar>, ExampleTable<Scalar>?) {
    let training = try loadTraining(as: type)
    let hasTest = find("t10k-images", 3) != nil || find("t10k-labels", 1) != nil
    return (training, hasTest ? try load("t10k", as: type) : nil)
  }

  /// Loads the training examples.
  func loadTraining<Scalar: SharedScalar>(
    as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    try load("train", as: type)
  }

  private func load<Scalar: SharedScalar>(
    _ part: String, as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    let images = try ByteStream(path: try require("\(part)-images", 3))
    let labels = try ByteStream(path: try require("\(part)-labels", 1))
    return try Self.read(images: images, labels: labels, name: name, as: type)
  }

  /// Reads images and their labels.
  ///
  /// - Throws: ``DataError`` where one of them is not valid, or they are not equally many.
  static func read<Scalar: SharedScalar>(
    images imageStream: ByteStream, labels labelStream: ByteStream, name: String,
    as type: Scalar.Type
  ) throws(DataError) -> ExampleTable<Scalar> {
    let images = try IDXFile(imageStream, dimensionCount: 3)
    let labels = try IDXFile(labelStream, dimensionCount: 1)
    guard images.dimensions[0] == labels.dimensions[0] else {
      throw imageStream.invalid(
        "holds \(NumberText.counted(images.dimensions[0], "image")), but \(labelStream.path) "
          + "holds \(NumberText.counted(labels.dimensions[0], "label"))")
    }
    let (featureCount, overflow) = images.dimensions[1].multipliedReportingOverflow(
      by: images.dimensions[2])
    guard !overflow, featureCount < LIBSVMFile.maximalIndex else {
      throw imageStream.invalid(
        "an image has \(images.dimensions[1])×\(images.dimensions[2]) bytes, too many")
    }
    // Labels first: their file shows soonest that a header promises too much.
    let numbers = try labels.readContents().map(Double.init)
    // The bytes, and the examples made of them.
    let bytes =
      Double(images.dimensions[0]) * Double(featureCount)
      * Double(1 + MemoryLayout<Scalar>.stride)
    guard MemoryAllowance.allows(bytes) else {
      throw .unsuitable(
        reason: "\(name): its \(images.dimensions[0]) images take \(Int(bytes / 1e6)) MB, more "
          + "memory than there is")
    }
    return ExampleTable(
      name: name, features: .bytes(try images.readContents(), scale: 255),
      featureCount: featureCount, labels: numbers, labelRule: .wholeNumbers(limit: 256))
  }

  private func require(_ stem: String, _ dimensions: Int) throws(DataError) -> String {
    guard let found = find(stem, dimensions) else {
      throw .notFound(
        path: path, reason: "has no file \(stem)-idx\(dimensions)-ubyte, with or without .gz")
    }
    return found
  }

  private func find(_ stem: String, _ dimensions: Int) -> String? {
    for separator in ["-", "."] {
      for suffix in ["", ".gz"] {
        let file = "\(path)/\(stem)\(separator)idx\(dimensions)-ubyte\(suffix)"
        if access(file, F_OK) == 0 { return file }
      }
    }
    return nil
  }
}
