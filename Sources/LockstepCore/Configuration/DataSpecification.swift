/// The data set, as it is written after `--data`.
public struct DataSpecification: Equatable, Sendable {
  /// Where the examples come from.
  public enum Source: Equatable, Sendable {
    /// The embedded 8×8 optical digits.
    case digits
    /// Fashion-MNIST, in Debian's folder or in the given one.
    case fashionMNIST(directory: String)
    /// A folder of IDX files, as MNIST has them.
    case idx(directory: String)
    /// A LIBSVM text file, sparse.
    case libsvm(file: String)
    /// Comma-separated numbers, the label last.
    case csv(file: String)
    /// Lines of user, item and rating.
    case ratings(file: String)
    /// Made up from the seed.
    case synthetic(SyntheticSpecification)
  }

  /// Where the examples come from.
  public var source: Source
  /// The text it was read from.
  public let specification: String

  /// The names that start a specification.
  public static let names = [
    "digits", "fashion-mnist", "idx", "libsvm", "csv", "ratings", "synthetic",
  ]

  /// Where Debian's `dataset-fashion-mnist` installs its files.
  public static let debianFashionMNIST = "/usr/share/datasets/fashion-mnist"

  /// Reads a data set as it is written after `--data`.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - option: the option it was given to, for error messages.
  /// - Throws: ``ConfigurationError`` for an unknown name or key, or a value out of range.
  public init(_ text: String, option: String = "--data") throws(ConfigurationError) {
    specification = text
    let name = String(text.prefix { $0 != ":" })
    let isPath = !["digits", "synthetic"].contains(name)
    var reader = try Specification(text, option: option, argumentIsPath: isPath)
    func path(_ what: String) throws(ConfigurationError) -> String {
      guard let argument = reader.argument else {
        throw reader.invalid("write \(name):\(what)")
      }
      return argument
    }
    switch name {
    case "digits": source = .digits
    case "fashion-mnist":
      source = .fashionMNIST(directory: reader.argument ?? Self.debianFashionMNIST)
    case "idx": source = .idx(directory: try path("DIR"))
    case "libsvm": source = .libsvm(file: try path("FILE"))
    case "csv": source = .csv(file: try path("FILE"))
    case "ratings": source = .ratings(file: try path("FILE"))
    case "synthetic": source = .synthetic(try SyntheticSpecification(&reader))
    default:
      if !text.contains(":"), text.contains(where: { $0 == "." || $0 == "/" }) {
        throw reader.invalid("say what the file holds: \(Self.spellings(of: text))")
      }
      throw .unknown(
        option: option, value: text, choices: Self.names,
        nearest: Suggestion.nearest(to: name, among: Self.names))
    }
    if !isPath {
      if let argument = reader.argument {
        throw reader.invalid("'\(argument)' is not of the form KEY=VALUE")
      }
      try reader.finish()
    }
  }
}

extension DataSpecification {
  /// How a file is given whose format is not said: the one that its name tells, or all there are.
  private static func spellings(of path: String) -> String {
    let name = path.hasSuffix(".gz") ? path.dropLast(3) : path[...]
    let format = ["csv": "csv", "libsvm": "libsvm", "svm": "libsvm"].first {
      name.hasSuffix(".\($0.key)")
    }
    guard let format else { return "csv:FILE, libsvm:FILE, ratings:FILE or idx:DIR" }
    return "write \(format.value):\(path)"
  }
}

/// A made-up data set with a known teacher.
public struct SyntheticSpecification: Equatable, Sendable {
  /// What the labels are.
  public enum Task: String, CaseIterable, Sendable {
    /// Classes: the largest of `classes` linear scores; each label is replaced with probability
    /// `noise`.
    case classification
    /// Numbers: a linear function of the features plus a normal deviate of size `noise`.
    case regression
    /// Ratings: the product of user and item factors plus a normal deviate of size `noise`.
    case ratings
  }

  /// What the labels are.
  public var task: Task
  /// The number of training examples; a fifth as many are held out.
  public var examples: Int
  /// The number of features.
  public var features: Int
  /// The number of classes, for classification.
  public var classes: Int
  /// The share of features that are not zero; below 1 the rows are sparse.
  public var density: Double
  /// The label noise.
  public var noise: Double
  /// The number of users, for ratings.
  public var users: Int
  /// The number of items, for ratings.
  public var items: Int
  /// The rank of the teacher's factors, for ratings.
  public var rank: Int

  init(_ reader: inout Specification) throws(ConfigurationError) {
    task = try reader.takeChoice("task", as: Task.self) ?? .classification
    examples = try reader.takeInteger("examples", in: 1...1_000_000_000) ?? 10_000
    noise = try reader.takeNumber("noise", in: 0...1e9) ?? 0.05
    features = 0
    classes = 0
    density = 1
    users = 0
    items = 0
    rank = 0
    switch task {
    case .classification, .regression:
      features = try reader.takeInteger("features", in: 1...100_000_000) ?? 100
      density = try reader.takeNumber("density", in: 1e-9...1) ?? 1
      if task == .classification {
        classes = try reader.takeInteger("classes", in: 2...100_000) ?? 2
        guard noise <= 1 else {
          throw reader.invalid("noise=\(noise) is a probability here, at most 1")
        }
      }
    case .ratings:
      users = try reader.takeInteger("users", in: 1...100_000_000) ?? 1_000
      items = try reader.takeInteger("items", in: 1...100_000_000) ?? 500
      rank = try reader.takeInteger("rank", in: 1...1024) ?? 8
    }
    try reader.finish()
  }
}
