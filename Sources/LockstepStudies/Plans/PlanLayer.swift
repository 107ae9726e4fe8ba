import LockstepCore

/// What one block of a plan says: options, axes, and axes that go together.
///
/// Blocks lie on top of each other: the plan's own, its variant's, a part's, and that part's variant's.
/// What is written on top stands in place of whatever a lower block says about the same option,
/// whether as one value or as an axis.
struct PlanLayer: Equatable {
  /// Options with one value.
  var options: [FixedOption] = []
  /// Groups of axes; those with more than one axis are zipped.
  var groups: [[Axis]] = []

  /// Refuses an option that is there twice, and zipped axes of unequal length.
  func check() throws(PlanError) {
    var seen: [String: String] = [:]
    for option in options {
      guard seen.updateValue("is fixed", forKey: option.name) == nil else {
        throw option.place.error("\(option.name) is fixed twice; leave one of the two out")
      }
    }
    for axis in groups.flatMap({ $0 }) {
      switch seen.updateValue("is an axis", forKey: axis.name) {
      case nil: break
      case "is fixed":
        throw axis.place.error(
          "\(axis.name) is both an axis and fixed as an option; leave one of the two out")
      default:
        throw axis.place.error(
          "\(axis.name) is an axis twice; write all of its values in one place")
      }
    }
    for group in groups {
      guard let first = group.first,
        let other = group.first(where: { $0.values.count != first.values.count })
      else { continue }
      throw other.place.error(
        "\(first.name) has \(NumberText.counted(first.values.count, "value")) and \(other.name) "
          + "has \(other.values.count); axes that are zipped have equally many")
    }
  }

  /// This block with another on top of it.
  ///
  /// - Throws: ``PlanError`` where the upper block replaces some of the lower one's zipped axes, but
  ///   not all.
  func overlaid(by upper: PlanLayer) throws(PlanError) -> PlanLayer {
    var places: [String: PlanPlace] = [:]
    for option in upper.options { places[option.name] = option.place }
    for axis in upper.groups.flatMap({ $0 }) { places[axis.name] = axis.place }
    var result = PlanLayer()
    result.options = options.filter { places[$0.name] == nil } + upper.options
    for group in groups {
      let replaced = group.filter { places[$0.name] != nil }
      if replaced.isEmpty {
        result.groups.append(group)
      } else if replaced.count < group.count, let axis = replaced.first,
        let place = places[axis.name]
      {
        let names = group.map(\.name).joined(separator: " and ")
        throw place.error(
          "\(axis.name) is zipped with others where it is first given; give \(names) together")
      }
    }
    result.groups += upper.groups
    return result
  }
}
