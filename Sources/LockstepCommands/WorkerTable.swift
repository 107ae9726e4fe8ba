import Lockstep

/// Where the time of each worker went, as rows of a table; of many workers, the middle and the ends.
enum WorkerTable {
  /// The largest number of workers that get a row each.
  static let largestRowCount = 32

  /// The rows, the heading first.
  static func rows(_ record: RunRecord) -> [[String]] {
    // A simulated worker has no core, reads and applies in no time, and never parks.
    let isReal = !record.placement.isEmpty
    var rows = [
      isReal
        ? ["worker", "core", "updates", "compute", "read", "apply", "wait", "parks"]
        : ["worker", "updates", "compute", "wait"]
    ]
    guard record.workers.count <= largestRowCount else {
      return rows + summary(record.workers, isReal: isReal)
    }
    for worker in record.workers {
      var row = ["\(worker.worker)"]
      if isReal {
        let place = record.placement[worker.worker]
        row.append(place.os.isEmpty ? "any" : place.os.map(String.init).joined(separator: ","))
      }
      rows.append(row + cells(worker, isReal: isReal))
    }
    return rows
  }

  private static func cells(_ worker: WorkerRecord, isReal: Bool) -> [String] {
    let shares = [worker].timeShares?.map(Format.percent) ?? Array(repeating: "–", count: 4)
    let updates = Format.count(worker.updates)
    return isReal
      ? [updates] + shares + [Format.count(worker.parks)] : [updates, shares[0], shares[3]]
  }

  /// The workers with the fewest, the median and the most updates.
  private static func summary(_ workers: [WorkerRecord], isReal: Bool) -> [[String]] {
    let sorted = workers.sorted { ($0.updates, $0.worker) < ($1.updates, $1.worker) }
    return [("fewest", 0), ("median", sorted.count / 2), ("most", sorted.count - 1)].map {
      name, index in
      let worker = sorted[index]
      let core = isReal ? ["–"] : []
      return ["\(name) (\(worker.worker))"] + core + cells(worker, isReal: isReal)
    }
  }
}
