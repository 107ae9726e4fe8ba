import LockstepCore

/// The studies that come with Lockstep.
public enum BundledStudies {
  private static let sources: [(name: String, yaml: [UInt8])] = [
    ("inherent-noise", PackageResources.inherent_noise_yaml),
    ("delay-stability", PackageResources.delay_stability_yaml),
    ("asynchrony-momentum", PackageResources.asynchrony_momentum_yaml),
    ("bounded-waiting", PackageResources.bounded_waiting_yaml),
    ("jacobi-gauss-seidel", PackageResources.jacobi_gauss_seidel_yaml),
    ("depth-and-staleness", PackageResources.depth_and_staleness_yaml),
    ("concurrency-not-delay", PackageResources.concurrency_not_delay_yaml),
    ("hogwild-scaling", PackageResources.hogwild_scaling_yaml),
    ("time-to-loss", PackageResources.time_to_loss_yaml),
  ]

  /// Their names, the flagship first.
  public static let names = sources.map(\.name)

  /// The YAML of a study; `nil` for a name that is none.
  public static func yaml(of name: String) -> String? {
    sources.first { $0.name == name }.map { String(decoding: $0.yaml, as: UTF8.self) }
  }
}
