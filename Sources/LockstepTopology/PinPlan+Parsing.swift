import LockstepCore

extension PinPlan {
  private static let named = [none, compact, scatter, cores, sockets, numa]
  private static let listNames = ["core", "pu", "os"]

  /// Reads a plan as it is written after `--pin`.
  ///
  /// Whether its places exist is seen when workers are placed on a topology.
  ///
  /// - Parameters:
  ///   - text: the text.
  ///   - option: the option it was given to, for error messages.
  /// - Throws: ``ConfigurationError/unknown(option:value:choices:nearest:)`` for a name that isn't
  ///   known; ``ConfigurationError/invalid(option:value:reason:)`` for a list or a mask that can't
  ///   be read, that is empty, or that names a place twice.
  public init(_ text: String, option: String = "--pin") throws(ConfigurationError) {
    if let plan = Self.named.first(where: { $0.specification == text }) {
      self = plan
      return
    }
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      let numbers = try Self.reading(text, option: option) { () throws(NumberList.Malformed) in
        try Self.mask(text)
      }
      self.init(rule: .mask(numbers), specification: text)
      return
    }
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard halves.count == 2, Self.listNames.contains(String(halves[0])) else {
      throw Self.unknown(text, name: String(halves[0]), option: option)
    }
    let numbers = try Self.reading(text, option: option) { () throws(NumberList.Malformed) in
      try NumberList.numbers(halves[1])
    }
    switch halves[0] {
    case "core": self.init(rule: .coreList(numbers), specification: text)
    case "pu": self.init(rule: .processingUnitList(numbers), specification: text)
    default: self.init(rule: .osList(numbers), specification: text)
    }
  }

  /// Gives a list that can't be read the option that it was written after.
  private static func reading(
    _ text: String, option: String, _ body: () throws(NumberList.Malformed) -> [Int]
  ) throws(ConfigurationError) -> [Int] {
    do throws(NumberList.Malformed) {
      return try body()
    } catch {
      throw .invalid(option: option, value: text, reason: error.reason)
    }
  }

  /// Says what was probably meant by a text that is none of the forms.
  private static func unknown(
    _ text: String, name: String, option: String
  ) -> ConfigurationError {
    let hasArgument = text.contains(":")
    if hasArgument, named.contains(where: { $0.specification == name }) {
      let list = name == "cores" ? "; did you mean core:LIST?" : ""
      return .invalid(option: option, value: text, reason: "\(name) takes no list\(list)")
    }
    if !hasArgument, listNames.contains(name) {
      return .invalid(
        option: option, value: text, reason: "write \(name):LIST, for example \(name):0-3")
    }
    if text.first?.isNumber == true {
      return .invalid(
        option: option, value: text,
        reason: "write core:LIST or pu:LIST for logical numbers, os:LIST for the system's, "
          + "or a mask that starts with 0x")
    }
    let candidates = hasArgument ? listNames : named.map(\.specification)
    let nearest = Suggestion.nearest(to: name, among: candidates)
    return .unknown(
      option: option, value: text, choices: forms,
      nearest: nearest.map { hasArgument ? $0 + ":LIST" : $0 })
  }

  /// The numbers of the bits in a mask, ascending.
  ///
  /// In hwloc's form every group but the first has exactly 32 bits, and one without any bit may be
  /// left empty.
  private static func mask(_ text: String) throws(NumberList.Malformed) -> [Int] {
    let groups = text.split(separator: ",", omittingEmptySubsequences: false)
    var digits: [Int] = []
    for (index, group) in groups.enumerated() {
      let hasPrefix = group.hasPrefix("0x") || group.hasPrefix("0X")
      let values = group.dropFirst(hasPrefix ? 2 : 0).map { $0.isASCII ? $0.hexDigitValue : nil }
      let known = values.compactMap(\.self)
      guard known.count == values.count, !(hasPrefix && values.isEmpty) else {
        throw NumberList.Malformed(reason: "'\(group)' is not a hexadecimal number")
      }
      if groups.count > 1, known.count > 8 {
        throw NumberList.Malformed(
          reason: "'\(group)' has more than the 32 bits of a group between commas")
      }
      if index > 0 { digits += [Int](repeating: 0, count: 8 - known.count) }
      digits += known
    }
    var numbers: [Int] = []
    for (position, digit) in digits.reversed().enumerated() where digit != 0 {
      for bit in 0..<4 where digit & (1 << bit) != 0 { numbers.append(4 * position + bit) }
    }
    guard !numbers.isEmpty else { throw NumberList.Malformed(reason: "the mask is empty") }
    return numbers
  }
}
