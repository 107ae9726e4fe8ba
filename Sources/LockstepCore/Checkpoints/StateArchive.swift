import Foundation

/// A part of an engine that can be put into a checkpoint and taken out of one.
///
/// One function does both, so nothing can be written in one order and read in another. What can be worked
/// out again, such as the numbers of a counter-based random stream, is no state.
package protocol Archivable: ~Copyable {
  /// Writes every number of the state to an archive, or takes it from there.
  ///
  /// - Throws: ``CheckpointError`` where an archive that is read lacks something or holds what makes no sense.
  mutating func transfer(_ archive: StateArchive) throws(CheckpointError)
}

/// The state of a run on its way into a checkpoint or out of one: arrays of numbers by their names.
///
/// **Concurrency:** used by one thread, while the run stands still.
package final class StateArchive {
  /// Whether the state is taken from the archive; written to it otherwise.
  package let isRestoring: Bool
  /// What has been written.
  package private(set) var arrays: [ArchivedArray] = []

  private let file: CheckpointFile?
  private var unread: Set<String> = []
  private var prefix: [String] = []

  /// Makes an archive to write to.
  package init() {
    isRestoring = false
    file = nil
  }

  /// Opens a checkpoint.
  package init(_ file: CheckpointFile) {
    isRestoring = true
    self.file = file
    unread = Set(file.arrays.keys)
  }

  // MARK: Parts

  /// Transfers a part, whose arrays have its name before theirs.
  package func part<Part: Archivable & ~Copyable>(
    _ name: String, _ part: inout Part
  ) throws(CheckpointError) {
    prefix.append(name + ".")
    defer { prefix.removeLast() }
    try part.transfer(self)
  }

  /// Transfers a part that is an object.
  package func part<Part: Archivable & AnyObject>(
    _ name: String, _ part: Part
  ) throws(CheckpointError) {
    var part = part
    try self.part(name, &part)
  }

  /// Refuses a checkpoint that holds more than was taken out of it.
  package func finish() throws(CheckpointError) {
    guard let name = unread.min() else { return }
    throw refusal("holds '\(name)', which this run has no place for")
  }

  // MARK: Numbers

  /// Transfers numbers in memory.
  ///
  /// - Parameters:
  ///   - name: the array's name within its part.
  ///   - base: the numbers.
  ///   - count: how many there are: as many as the run that reads them has, too.
  package func numbers<Number: BitwiseCopyable>(
    _ name: String, _ base: UnsafeMutablePointer<Number>, count: Int
  ) throws(CheckpointError) {
    guard isRestoring else {
      arrays.append(
        ArchivedArray(path(name), UnsafeBufferPointer(start: base, count: count)))
      return
    }
    let bytes = try find(name, of: Number.self, count: count)
    copy(bytes, to: UnsafeMutableRawPointer(base))
  }

  /// Transfers numbers of any count.
  package func list<Number: BitwiseCopyable>(
    _ name: String, _ values: inout [Number]
  ) throws(CheckpointError) {
    guard isRestoring else {
      arrays.append(values.withUnsafeBufferPointer { ArchivedArray(path(name), $0) })
      return
    }
    let bytes = try find(name, of: Number.self, count: nil)
    let count = bytes.count / MemoryLayout<Number>.size
    values = [Number](unsafeUninitializedCapacity: count) { buffer, filled in
      if let base = buffer.baseAddress { copy(bytes, to: UnsafeMutableRawPointer(base)) }
      filled = count
    }
  }

  /// Transfers one number.
  package func number<Number: BitwiseCopyable>(
    _ name: String, _ value: inout Number
  ) throws(CheckpointError) {
    // Typed errors don't pass through `withUnsafeMutablePointer` of the standard library.
    var list = [value]
    try self.list(name, &list)
    guard list.count == 1 else { throw refusal("has \(list.count) numbers for '\(path(name))'") }
    value = list[0]
  }

  /// Transfers a number that may be missing.
  package func optional<Number: BitwiseCopyable>(
    _ name: String, _ value: inout Number?
  ) throws(CheckpointError) {
    var list = value.map { [$0] } ?? []
    try self.list(name, &list)
    guard list.count <= 1 else { throw refusal("has \(list.count) numbers for '\(path(name))'") }
    value = list.first
  }

  /// Transfers numbers each of which may be missing.
  package func optionals(
    _ name: String, _ values: inout [Double?]
  ) throws(CheckpointError) {
    var (numbers, known) = (values.map { $0 ?? 0 }, values.map { UInt8($0 == nil ? 0 : 1) })
    try list(name, &numbers)
    try list("\(name).known", &known)
    try require(numbers.count == known.count, "\(name).known")
    values = zip(numbers, known).map { $1 == 0 ? nil : $0 }
  }

  /// Transfers a truth.
  package func flag(_ name: String, _ value: inout Bool) throws(CheckpointError) {
    var byte: UInt8 = value ? 1 : 0
    try number(name, &byte)
    value = byte != 0
  }

  /// Transfers something as a JSON document, for what is no number and small.
  package func document<Value: Codable>(
    _ name: String, _ value: inout Value
  ) throws(CheckpointError) {
    var text = isRestoring ? [] : (try? JSONEncoder().encode(value)).map { [UInt8]($0) } ?? []
    try list(name, &text)
    guard isRestoring else { return }
    guard let read = try? JSONDecoder().decode(Value.self, from: Data(text)) else {
      throw refusal("has no '\(path(name))' that can be read")
    }
    value = read
  }

  // MARK: What must hold

  /// Refuses a checkpoint in which something doesn't hold.
  ///
  /// - Parameters:
  ///   - condition: whether it does.
  ///   - name: the array that it is about.
  package func require(_ condition: Bool, _ name: String) throws(CheckpointError) {
    guard !condition else { return }
    throw refusal("holds a '\(path(name))' that this run cannot go on from")
  }

  private func path(_ name: String) -> String { prefix.joined() + name }

  private func refusal(_ problem: String) -> CheckpointError {
    .unusable(
      path: file?.path ?? "", reason: "the checkpoint \(problem); it is of another run or version")
  }

  private func find<Number>(
    _ name: String, of type: Number.Type, count: Int?
  ) throws(CheckpointError) -> Range<Int> {
    let path = path(name)
    guard let array = file?.arrays[path], unread.remove(path) != nil,
      array.type == ArchivedArray.type(of: type), count == nil || array.count == count
    else {
      let wanted = count.map { " of \($0) numbers" } ?? ""
      throw refusal("has no '\(path)'\(wanted) of type \(ArchivedArray.type(of: type))")
    }
    return array.bytes
  }

  private func copy(_ bytes: Range<Int>, to target: UnsafeMutableRawPointer) {
    file?.contents.withUnsafeBytes { contents in
      guard let base = contents.baseAddress else { return }
      target.copyMemory(from: base + bytes.lowerBound, byteCount: bytes.count)
    }
  }
}
