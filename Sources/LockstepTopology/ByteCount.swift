/// Sizes of memory for people.
enum ByteCount {
  /// A size in the largest binary unit that keeps it at 1 or more, with one decimal where needed.
  static func text(_ bytes: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var unit = 0
    var size = 1
    while unit + 1 < units.count, bytes / size >= 1024 {
      size *= 1024
      unit += 1
    }
    let tenths = (bytes / size) * 10 + (bytes % size) * 10 / size
    let decimal = tenths % 10 == 0 ? "" : ".\(tenths % 10)"
    return "\(tenths / 10)\(decimal) \(units[unit])"
  }
}
