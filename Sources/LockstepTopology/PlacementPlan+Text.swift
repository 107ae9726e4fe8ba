import LockstepCore

extension PlacementPlan {
  /// A sentence on whether workers must share processing units.
  public var summary: String {
    let workers = NumberText.counted(workers, "worker")
    let isPart = processingUnits < available
    var units =
      (isPart ? "\(NumberText.grouped(processingUnits)) of " : "")
      + NumberText.counted(isPart ? available : processingUnits, "processing unit")
    if let cores, cores < min(self.workers, processingUnits) {
      units += "\(isPart ? ", on" : " of") \(NumberText.counted(cores, "core"))"
    }
    guard oversubscribed else { return "Not oversubscribed: \(workers) on \(units)." }
    return self.workers > processingUnits
      ? "Oversubscribed: \(workers) share \(units)."
      : "Oversubscribed: \(workers) on \(units), but unevenly: some share one."
  }

  /// The plan as a table with a heading and a line for each worker.
  ///
  /// - Parameter topology: the machine that the plan was made on.
  /// - Returns: lines of the worker, its cores and processing units by logical numbers, its
  ///   processing units by the operating system's, its NUMA node and its package.
  public func table(on topology: Topology) -> String {
    var rows = [
      ["worker", "core (logical)", "PU (logical)", "PU (OS)", "NUMA node", "package"]
    ]
    for placement in placements {
      let units = placement.logical.map { topology.processingUnits[$0] }
      let node = placement.numaNode.map(String.init) ?? "any"
      guard placement.isPinned else {
        rows.append(["\(placement.worker)", "any", "any", "any", node, "any"])
        continue
      }
      rows.append([
        "\(placement.worker)", Self.distinct(units.map(\.core)),
        NumberList.text(placement.logical), NumberList.text(placement.os), node,
        Self.distinct(units.map(\.package)),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { cell, width in
        String(repeating: " ", count: width - cell.count) + cell
      }
      return cells.joined(separator: "  ") + "\n"
    }.joined()
  }

  private static func distinct(_ numbers: [Int?]) -> String {
    NumberList.text(Set(numbers.compactMap(\.self)).sorted())
  }
}
