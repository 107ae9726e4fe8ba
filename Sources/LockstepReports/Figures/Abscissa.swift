import LockstepCore
import LockstepStudies
import LockstepTelemetry

/// A number that runs are compared along, and what of its axis remains to tell them apart.
struct Abscissa: Sendable {
  /// A short name for files.
  let name: String
  let axis: Chart.Axis
  /// The plan's axis that it takes its number from; `nil` for one that every axis may move.
  let source: String?
  /// The number; `nil` where a run has none.
  let number: @Sendable (StoredRun) -> Double?
  /// The rest of the axis's value, such as the name of a law or the depth of a network.
  let family: @Sendable (StoredRun) -> String
  /// Further axes that only move a measured number, so that their values are points of one line.
  var movers: [String] = []

  /// The abscissas along which the runs of a section can be compared.
  static func all(in section: Section) -> [Abscissa] {
    var result: [Abscissa] = []
    for axis in section.axes {
      switch axis.name {
      case "model": result += models(section)
      case "policy": if let abscissa = bounds(axis, section) { result.append(abscissa) }
      case "seed", "data", "engine", "decomposition", "optimizer", "precision", "kernels":
        break
      default:
        if let abscissa = plain(axis, section) { result.append(abscissa) }
      }
    }
    let order = ["workers", "parameters", "depth", "delay", "bound"]
    func rank(_ abscissa: Abscissa) -> Int { order.firstIndex(of: abscissa.name) ?? order.count }
    result.sort { rank($0) < rank($1) }
    return result
  }

  /// An axis whose values are numbers, or a law with a number in it.
  private static func plain(_ axis: Section.Axis, _ section: Section) -> Abscissa? {
    let metric = Metric.axis(axis.name)
    let numbers = Set(section.runs.compactMap { metric.value(in: $0) })
    guard numbers.count > 1 else { return nil }
    let isFactor = !numbers.contains { $0 <= 0 }
    let units = [
      "workers": "workers", "delay": "updates", "batch": "examples", "replicas": "replicas",
    ]
    let label = axis.name == "delay" ? "delay τ" : axis.name.replacing("-", with: " ")
    return Abscissa(
      name: axis.name,
      axis: Chart.Axis(
        label: label, unit: label == units[axis.name] ? nil : units[axis.name],
        prefersLogarithm: isFactor),
      source: axis.name, number: { metric.value(in: $0) },
      family: { run in
        guard case .text(let text) = run.option(axis.name) ?? .null, Double(text) == nil else {
          return ""
        }
        return String(text.prefix { $0 != ":" })
      })
  }

  /// The bound S of `bounded:S`; other policies have none.
  private static func bounds(_ axis: Section.Axis, _ section: Section) -> Abscissa? {
    @Sendable func bound(_ run: StoredRun) -> Double? {
      guard run.option(axis.name)?.spelling.hasPrefix("\(BoundedStaleness.name):") == true else {
        return nil
      }
      return Metric.axis(axis.name).value(in: run)
    }
    guard Set(section.runs.compactMap(bound)).count > 1 else { return nil }
    return Abscissa(
      name: "bound", axis: .init(label: "staleness bound S", unit: "iterations"),
      source: axis.name, number: bound, family: { _ in BoundedStaleness.name })
  }

  /// Size and depth of models.
  private static func models(_ section: Section) -> [Abscissa] {
    guard let width = try? Metric("axis.model.width"), let depth = try? Metric("axis.model.depth")
    else { return [] }
    @Sendable func options(_ run: StoredRun) -> [String] {
      let text = run.option("model")?.spelling ?? ""
      return text.split(separator: ",").dropFirst().map(String.init)
    }
    @Sendable func name(_ run: StoredRun) -> String {
      String((run.option("model")?.spelling ?? "").prefix { $0 != ":" && $0 != "," })
    }
    var sizes: [String: Set<Double>] = [:]
    var depths: [String: Set<Double>] = [:]
    @Sendable func sizeFamily(_ run: StoredRun) -> String {
      guard let layers = depth.value(in: run), layers > 0 else { return name(run) }
      return ([NumberText.counted(Int(layers), "hidden layer")] + options(run))
        .joined(separator: ", ")
    }
    @Sendable func depthFamily(_ run: StoredRun) -> String {
      (["width \(Int(width.value(in: run) ?? 0))"] + options(run)).joined(separator: ", ")
    }
    for run in section.runs {
      sizes[sizeFamily(run), default: []].insert(Double(run.record.parameterCount))
      if let layers = depth.value(in: run), layers > 0 {
        depths[depthFamily(run), default: []].insert(layers)
      }
    }
    var result: [Abscissa] = []
    let deep = Set(depths.filter { $0.value.count > 1 }.keys)
    let sized = Set(sizes.filter { $0.value.count > 1 }.keys)
    if !sized.isEmpty {
      result.append(
        Abscissa(
          name: "parameters", axis: .init(label: "parameters n", prefersLogarithm: true),
          source: "model",
          number: { sized.contains(sizeFamily($0)) ? Double($0.record.parameterCount) : nil },
          family: sizeFamily))
    }
    if !deep.isEmpty {
      result.append(
        Abscissa(
          name: "depth", axis: .init(label: "hidden layers"), source: "model",
          number: { deep.contains(depthFamily($0)) ? depth.value(in: $0) : nil },
          family: depthFamily))
    }
    return result
  }

  /// The mean staleness that was measured, whichever axis moved it.
  static func staleness(in section: Section) -> Abscissa? {
    guard section.axis("delay") == nil,
      ["policy", "workers", "service"].contains(where: { section.axis($0) != nil })
    else { return nil }
    let means = section.runs.compactMap(\.record.staleness.mean)
    guard let low = means.min(), let high = means.max(), high > low else { return nil }
    return Abscissa(
      name: "staleness", axis: .init(label: "mean staleness τ", unit: "updates"), source: nil,
      number: { $0.record.staleness.mean }, family: { _ in "" }, movers: ["workers", "service"])
  }

  /// No number at all: every setting is a line by itself.
  static let settings = Abscissa(
    name: "settings", axis: .init(label: ""), source: nil, number: { _ in 0 },
    family: { _ in "" })
}
