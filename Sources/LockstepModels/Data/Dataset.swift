import LockstepParameters

/// The examples a model is trained on, and those it is judged by.
public struct Dataset<Scalar: SharedScalar>: Sendable {
  /// What it is, for a person: `Fashion-MNIST`, or the file's path.
  public var name: String
  /// What the held-out examples are, where they are not of the same file.
  public var heldOutName: String?
  /// The examples to train on; at least one.
  public var training: ExampleSet<Scalar>
  /// The examples held out, if there are any.
  public var heldOut: ExampleSet<Scalar>?
  /// The number of features, the largest of both sets'.
  public var featureCount: Int
  /// The number of classes, where the labels are classes; labels are in `0 ..< classCount`.
  public var classCount: Int?
  /// `[classCount]` the label of each class as it was written, where the labels are classes.
  public var classLabels: [Double]?
  /// The number of users, for ratings.
  public var userCount: Int
  /// The number of items, for ratings.
  public var itemCount: Int

  /// Creates a data set.
  public init(
    name: String, training: ExampleSet<Scalar>, heldOut: ExampleSet<Scalar>?, featureCount: Int,
    classCount: Int? = nil, classLabels: [Double]? = nil, userCount: Int = 0,
    itemCount: Int = 0
  ) {
    self.name = name
    heldOutName = nil
    self.training = training
    self.heldOut = heldOut
    self.featureCount = featureCount
    self.classCount = classCount
    self.classLabels = classLabels
    self.userCount = userCount
    self.itemCount = itemCount
  }
}
