/// Tells whether hwloc can be trusted with an XML file.
///
/// hwloc 2.9 takes for granted that an object has all of its processor and node sets: where one is
/// missing or misspelt, it reads through a null pointer. So every `<object …>` tag is read here
/// first: it must be well formed, and unless it is a device or a note, have the sets it needs.
/// Whatever else may be wrong with a file, hwloc finds itself.
enum TopologyXMLCheck {
  /// What a file holds.
  enum Finding: Equatable {
    /// A topology in the format that hwloc 2 writes.
    case topology
    /// A topology in the format of another hwloc.
    case otherVersion(TopologyError.XMLVersion)
    /// Something else, or damaged.
    case invalid
  }

  /// Tells what a file holds.
  static func finding(_ contents: [UInt8]) -> Finding {
    guard let root = firstTag("<topology", in: contents) else { return .invalid }
    guard let version = root["version"] else {
      // hwloc 1 wrote no version.
      return firstTag("<object", in: contents) == nil ? .invalid : .otherVersion(.old)
    }
    let numbers = version.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count == 2, let major = numbers[0], let minor = numbers[1] else {
      return .invalid
    }
    if major > 2 { return .otherVersion(.new(major: major, minor: minor)) }
    if major < 2 { return .otherVersion(.old) }
    return isComplete(contents) ? .topology : .invalid
  }

  /// The attributes of the first tag that begins so, or `nil` if there is none or it is damaged.
  private static func firstTag(_ opening: String, in contents: [UInt8]) -> [String: String]? {
    let opening = Array(opening.utf8)
    var position = 0
    while let start = contents[position...].firstIndex(of: opening[0]) {
      position = start + 1
      guard contents[start...].starts(with: opening) else { continue }
      var tag = TagReader(contents: contents, position: start + opening.count)
      return tag.attributes()
    }
    return nil
  }

  private static let setNames = ["cpuset", "complete_cpuset", "nodeset", "complete_nodeset"]
  private static let typesWithoutSets = ["PCIDev", "OSDev", "Bridge", "Misc"]

  /// Whether every object in the file has what hwloc needs, and there is any.
  private static func isComplete(_ contents: [UInt8]) -> Bool {
    let opening = Array("<object".utf8)
    var position = 0
    var objects = 0
    while let start = contents[position...].firstIndex(of: opening[0]) {
      position = start + 1
      guard contents[start...].starts(with: opening) else { continue }
      var tag = TagReader(contents: contents, position: start + opening.count)
      guard let attributes = tag.attributes(), isComplete(attributes) else { return false }
      position = tag.position
      objects += 1
    }
    return objects > 0
  }

  private static func isComplete(_ attributes: [String: String]) -> Bool {
    guard let type = attributes["type"] else { return false }
    // Without a number, hwloc would make one up.
    if ["PU", "NUMANode"].contains(type), attributes["os_index"] == nil { return false }
    return typesWithoutSets.contains(type)
      || setNames.allSatisfy { attributes[$0].map(isSet) ?? false }
  }

  /// Whether a text is a finite bitmap as hwloc writes it: `0x00000003` or `0x1,,0x00000001`.
  private static func isSet(_ text: String) -> Bool {
    let groups = text.split(separator: ",", omittingEmptySubsequences: false)
    return groups.enumerated().allSatisfy { index, group in
      if group.isEmpty { return index > 0 }
      let digits = group.dropFirst(2)
      return group.hasPrefix("0x") && (1...8).contains(digits.count)
        && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
    }
  }

  /// Reads the attributes of one tag.
  private struct TagReader {
    let contents: [UInt8]
    /// Where it has got to: after the attributes, behind the tag.
    var position: Int

    private var next: UInt8? { position < contents.count ? contents[position] : nil }

    /// The attributes up to the end of the tag, or `nil` if it isn't well formed.
    mutating func attributes() -> [String: String]? {
      var attributes: [String: String] = [:]
      while true {
        let isSeparated = skipSpace()
        if take("/") || next == UInt8(ascii: ">") { return take(">") ? attributes : nil }
        guard isSeparated, let (name, value) = attribute(),
          attributes.updateValue(value, forKey: name) == nil
        else { return nil }
      }
    }

    private mutating func attribute() -> (name: String, value: String)? {
      let name = text { byte in
        (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte)
          || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
      }
      guard !name.isEmpty, take("="), take("\"") else { return nil }
      let value = text { byte in
        byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
      }
      return take("\"") ? (name, value) : nil
    }

    private mutating func text(while isPart: (UInt8) -> Bool) -> String {
      let start = position
      while let byte = next, isPart(byte) { position += 1 }
      return String(decoding: contents[start..<position], as: UTF8.self)
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard next == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    /// Passes over spaces and line ends; whether there was any.
    private mutating func skipSpace() -> Bool {
      let start = position
      while let byte = next, byte == 0x20 || (0x09...0x0d).contains(byte) { position += 1 }
      return position > start
    }
  }
}
