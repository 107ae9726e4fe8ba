import Foundation
import LockstepCore
import LockstepModels

/// A model with a loss of its own, in the loops of a textbook: nothing of it comes from the models.
struct TinyModel: Sendable, CustomStringConvertible {
  let model: String
  /// The keys of synthetic data; `nil` for a model without data.
  let data: String?
  var description: String { model }

  init(_ model: String, _ data: String? = nil) { (self.model, self.data) = (model, data) }

  /// The mean loss over a set with the regulariser.
  func loss<Scalar: ModelScalar>(at w: [Double], on set: ExampleSet<Scalar>?) -> Double {
    let penalty = value("l2") / 2 * w.reduce(0) { $0 + $1 * $1 }
    guard let set else { return quadratic(w) + penalty }
    let sum = (0..<set.count).reduce(0) { $0 + loss(of: $1, at: w, in: set) }
    return sum / Double(set.count) + penalty
  }

  private func value(_ key: String) -> Double {
    guard let range = model.range(of: key + "=") else { return 0 }
    return Double(model[range.upperBound...].prefix { $0 != "," }) ?? 0
  }

  /// `½·Σ λᵢxᵢ²` with the eigenvalues from 1 down to 1/C.
  private func quadratic(_ x: [Double]) -> Double {
    let step = log(value("condition")) / Double(x.count - 1)
    return x.enumerated().reduce(0) {
      $0 + exp(-step * Double($1.offset)) * $1.element * $1.element / 2
    }
  }

  private func loss<Scalar: ModelScalar>(
    of example: Int, at w: [Double], in set: ExampleSet<Scalar>
  ) -> Double {
    let target = Double(set.targets[example])
    if case .ratings(let users, let items) = set.features {
      // Users are numbered as they come, then items; the last item ends the vector.
      let (user, item) = (
        Int(users[example]) * 2, w.count - 2 * itemCount + Int(items[example]) * 2
      )
      let error = w[user] * w[item] + w[user + 1] * w[item + 1] - target
      return error * error
    }
    let x = features(of: example, in: set)
    if model.hasPrefix("mlp") { return network(x, Int(target), w) }
    let intercept = model.contains("intercept=true") ? w[w.count - 1] : 0
    let margin = zip(x, w).reduce(intercept) { $0 + $1.0 * $1.1 }
    if model.hasPrefix("least") { return (margin - target) * (margin - target) / 2 }
    if model.hasPrefix("svm") { return max(0, 1 - target * margin) }
    return log(1 + exp(-target * margin))
  }

  private var itemCount: Int { 6 }

  private func features<Scalar: ModelScalar>(
    of example: Int, in set: ExampleSet<Scalar>
  ) -> [Double] {
    var x = [Double](repeating: 0, count: set.featureCount)
    switch set.features {
    case .dense(let values):
      for index in x.indices { x[index] = Double(values[example * x.count + index]) }
    case .sparse(let offsets, let columns, let values):
      for entry in offsets[example]..<offsets[example + 1] {
        x[Int(columns[entry])] = Double(values[entry])
      }
    default: break
    }
    return x
  }

  /// Four inputs, three hidden tanh, three classes.
  private func network(_ x: [Double], _ label: Int, _ w: [Double]) -> Double {
    let hidden = Self.layer(x, weights: w[0..<12], biases: w[12..<15]).map { tanh($0) }
    let outputs = Self.layer(hidden, weights: w[15..<24], biases: w[24..<27])
    return log(outputs.reduce(0) { $0 + exp($1) }) - outputs[label]
  }

  private static func layer(
    _ inputs: [Double], weights: ArraySlice<Double>, biases: ArraySlice<Double>
  ) -> [Double] {
    var outputs = Array(biases)
    for (place, weight) in weights.enumerated() {
      outputs[place / inputs.count] += weight * inputs[place % inputs.count]
    }
    return outputs
  }
}
