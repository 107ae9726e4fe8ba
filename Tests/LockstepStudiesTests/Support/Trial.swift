import LockstepCore

/// A run so small that a test may have many of them.
enum Trial {
  static var options: RunOptions {
    get throws {
      try options([
        ("engine", "virtual"), ("model", "quadratic:dimension=4,condition=10"),
        ("updates", "20"), ("learning-rate", "0.05"),
      ])
    }
  }

  static func options(_ texts: [(String, String)]) throws -> RunOptions {
    var result = RunOptions()
    for (name, text) in texts { try result.set(name, text) }
    return result
  }
}
