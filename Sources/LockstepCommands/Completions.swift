import ArgumentParser
import Lockstep

/// The values that a shell completes.
///
/// They are the ones that the message about a wrong value lists, so an option that learns a value
/// completes it.
enum Completions {
  /// The completion of an option's values.
  ///
  /// - Parameter option: the name of an option of `lockstep run`, without its dashes.
  static func of(_ option: String) -> CompletionKind { .list(values[option] ?? []) }

  /// The values of each option that has a list of them; up to the colon or equals sign where
  /// something follows one.
  static let values: [String: [String]] = {
    var result = ["pin": beginnings(PinPlan.forms)]
    for option in RunOptions.table where result[option.name] == nil {
      guard let choices = choices(of: option) else { continue }
      result[option.name] = beginnings(choices)
    }
    return result
  }()

  /// What the option says there is when it is given something else; `nil` if it has no list.
  private static func choices(of option: RunOption) -> [String]? {
    do throws(ConfigurationError) {
      var configuration = RunConfiguration(model: try ModelSpecification(RunOptions.defaultModel))
      try option.apply("?", to: &configuration)
    } catch .unknown(_, _, let choices, _) {
      return choices
    } catch {
      return nil
    }
    return nil
  }

  /// What stands before a placeholder, once each: `bounded:` of `bounded:S`, `adamw` of `adamw[:DECAY]`.
  private static func beginnings(_ choices: [String]) -> [String] {
    // A choice of several words is a description.
    choices.filter { !$0.contains(" ") }.map { choice in
      guard let end = choice.firstIndex(where: { ":=[".contains($0) }) else {
        return choice == "0xMASK" ? "0x" : choice
      }
      return String(choice[end] == "[" ? choice[..<end] : choice[...end])
    }.uniqued
  }
}
