/// The policies by their names on the command line.
public enum PolicySpecification {
  /// Every policy there is.
  public static let allPolicies: [any SynchronizationPolicy.Type] = [
    Sequential.self, Barrier.self, BoundedStaleness.self, Hogwild.self, Locked.self,
  ]

  /// Reads a policy as it is written on the command line, `NAME` or `NAME:ARGUMENT`.
  ///
  /// - Throws: ``ConfigurationError/invalid(option:value:reason:)`` with the nearest valid name.
  public static func parse(
    _ text: String
  ) throws(ConfigurationError) -> any SynchronizationPolicy {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let policy = allPolicies.first(where: { $0.name == name }) else {
      let names = allPolicies.map { $0.name == "bounded" ? "bounded:S" : $0.name }
      throw .unknown(
        option: "--policy", value: text, choices: names,
        nearest: Suggestion.nearest(to: name, among: allPolicies.map { $0.name }))
    }
    return try policy.init(argument: parts.count > 1 ? String(parts[1]) : nil)
  }

  static func expectNoArgument(
    _ argument: String?, policy: String
  ) throws(ConfigurationError) {
    if let argument {
      throw .invalid(
        option: "--policy", value: "\(policy):\(argument)", reason: "\(policy) takes no argument")
    }
  }
}
