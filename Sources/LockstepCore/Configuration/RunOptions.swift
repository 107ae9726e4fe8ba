/// The options of a run as text, by their names on the command line without the dashes.
///
/// The command line and the plans of sweeps both fill one of these, so an option means the same in
/// both, and there is one table, ``table``, to extend. An option that may be repeated holds its
/// values with spaces between them.
public struct RunOptions: Equatable, Sendable {
  /// What was given.
  private var texts: [String: String] = [:]

  /// Gives nothing.
  public init() {}

  /// What was given for an option; `nil` for nothing.
  public subscript(name: String) -> String? { texts[name] }

  /// The names of the options that were given, in alphabetical order.
  public var names: [String] { texts.keys.sorted() }

  /// Gives an option, or takes it back.
  ///
  /// - Parameters:
  ///   - name: one of ``table``'s.
  ///   - text: its value; `nil` takes it back.
  /// - Throws: ``ConfigurationError/unknown(option:value:choices:nearest:)`` for another name.
  public mutating func set(_ name: String, _ text: String?) throws(ConfigurationError) {
    _ = try Self.option(named: name)
    texts[name] = text
  }

  /// The option of a name.
  ///
  /// - Throws: ``ConfigurationError/unknown(option:value:choices:nearest:)`` for a name that is none.
  public static func option(named name: String) throws(ConfigurationError) -> RunOption {
    guard let option = byName[name] else {
      let names = table.map(\.name)
      throw .unknown(
        option: "option", value: name, choices: names,
        nearest: Suggestion.nearest(to: name, among: names))
    }
    return option
  }

  private static let byName = Dictionary(uniqueKeysWithValues: table.map { ($0.name, $0) })

  /// Reads the options into a configuration, and checks it.
  ///
  /// - Throws: ``ConfigurationError``.
  public func configuration() throws(ConfigurationError) -> RunConfiguration {
    let result = try unchecked()
    try result.validate()
    return result
  }

  /// Reads the options one by one, whatever they make together.
  private func unchecked() throws(ConfigurationError) -> RunConfiguration {
    var result = RunConfiguration(model: try ModelSpecification(Self.defaultModel))
    try apply(to: &result)
    if texts["policy"] == nil { Self.fillInPolicy(of: &result) }
    return result
  }

  /// Reads what was given into a configuration, in place of what is there, and checks nothing.
  ///
  /// - Throws: ``ConfigurationError`` for a value that its option doesn't take.
  public func apply(to configuration: inout RunConfiguration) throws(ConfigurationError) {
    for option in Self.table {
      guard let text = texts[option.name] else { continue }
      try option.apply(text, to: &configuration)
    }
  }

  /// Takes the policy that is meant where nobody says which.
  ///
  /// A barrier, and no gate at all where staleness is set directly.
  public static func fillInPolicy(of configuration: inout RunConfiguration) {
    configuration.policy = configuration.virtual.delay == nil ? Barrier() : Hogwild()
  }

  /// What is trained where nobody says what.
  public static let defaultModel = "mlp:128"
}

/// One option of a run: how it is read, and how it is written.
public struct RunOption: Sendable {
  /// Its name on the command line, without the dashes.
  public let name: String
  /// Whether it may hold several values.
  public let isRepeatable: Bool
  /// Reads a value, one at a time where there may be several.
  let read: @Sendable (String, inout RunConfiguration) throws(ConfigurationError) -> Void
  /// Writes the value as far as a result depends on it.
  ///
  /// The default where nothing was given; `nil` where nothing depends on it. A new option is `nil`
  /// at its default, so that the ids of runs that don't use it stay what they were.
  let write: @Sendable (RunConfiguration) -> String?

  init(
    _ name: String, isRepeatable: Bool = false,
    read: @escaping @Sendable (String, inout RunConfiguration) throws(ConfigurationError) -> Void,
    write: @escaping @Sendable (RunConfiguration) -> String?
  ) {
    self.name = name
    self.isRepeatable = isRepeatable
    self.read = read
    self.write = write
  }

  /// Reads a text, with spaces between the values where there may be several.
  ///
  /// - Throws: ``ConfigurationError`` for a value that the option doesn't take.
  public func apply(
    _ text: String, to configuration: inout RunConfiguration
  ) throws(ConfigurationError) {
    let items = isRepeatable ? text.split(separator: " ").map(String.init) : [text]
    // Nothing but spaces is no value either; the reader says so.
    for item in items.isEmpty ? [text] : items { try read(item, &configuration) }
  }

  /// Checks a text by itself, whatever other options say.
  ///
  /// - Throws: ``ConfigurationError`` for a value that the option doesn't take.
  public func check(_ text: String) throws(ConfigurationError) {
    var scratch = RunConfiguration(model: try ModelSpecification(RunOptions.defaultModel))
    try apply(text, to: &scratch)
  }
}
