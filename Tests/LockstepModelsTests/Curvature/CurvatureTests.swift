import LockstepCore
import Testing

@testable import LockstepModels

extension CurvatureObjective {
  /// The gradient and `Hv`; the buffers start as NaN.
  func curvature(
    at point: [Double], along direction: [Double], examples: [Int32],
    on set: EvaluationSet = .training
  ) -> (gradient: [Double], product: [Double]) {
    var gradient = [Double](repeating: .nan, count: parameterCount)
    var product = gradient
    let workspace = makeCurvatureWorkspace(batch: max(1, examples.count))
    examples.withUnsafeBufferPointer { examples in
      computeCurvature(
        at: point, along: direction, on: set, examples: examples, gradient: &gradient,
        product: &product, workspace: workspace)
    }
    return (gradient, product)
  }
}

/// Checks the losses of single examples against evaluations of one example each.
func checkLosses<O: CurvatureObjective>(
  of objective: O, at point: [Double], examples: [Int32], on set: EvaluationSet = .training,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let ids = objective.trainingCount == 0 ? [0] : examples
  var losses = [Double](repeating: .nan, count: ids.count)
  examples.withUnsafeBufferPointer { examples in
    objective.computeLosses(
      at: point, on: set, examples: examples, into: &losses,
      workspace: objective.makeCurvatureWorkspace(batch: 3))
  }
  let expected = ids.map { objective.evaluation(at: point, examples: [$0], on: set).lossSum }
  #expect(relativeDifference(losses, expected) < 1e-14, sourceLocation: sourceLocation)
}

/// Checks `Hv` against central differences of the gradient, its symmetry, and the gradient.
func checkCurvature<O: CurvatureObjective>(
  of objective: O, at point: [Double], examples: [Int32],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let v = normals(objective.parameterCount, seed: 201)
  let u = normals(objective.parameterCount, seed: 202)
  let (gradient, product) = objective.curvature(at: point, along: v, examples: examples)
  #expect(
    relativeDifference(gradient, objective.gradient(at: point, examples: examples)) < 1e-13,
    sourceLocation: sourceLocation)
  var alone = [Double](repeating: .nan, count: objective.parameterCount)
  examples.withUnsafeBufferPointer { examples in
    objective.computeCurvature(
      at: point, along: v, on: .training, examples: examples, gradient: nil, product: &alone,
      workspace: objective.makeCurvatureWorkspace(batch: max(1, examples.count)))
  }
  #expect(alone == product, "without the gradient", sourceLocation: sourceLocation)
  let step = 1e-5
  let above = objective.gradient(
    at: zip(point, v).map { $0 + step * $1 }, examples: examples)
  let below = objective.gradient(
    at: zip(point, v).map { $0 - step * $1 }, examples: examples)
  let differences = zip(above, below).map { ($0 - $1) / (2 * step) }
  let largestDifference = largest(zip(product, differences).map { $0 - $1 })
  #expect(
    largestDifference < 1e-7 * max(1, largest(differences)), "against central differences",
    sourceLocation: sourceLocation)
  let other = objective.curvature(at: point, along: u, examples: examples).product
  let (uHv, vHu) = (
    zip(u, product).reduce(0) { $0 + $1.0 * $1.1 }, zip(v, other).reduce(0) { $0 + $1.0 * $1.1 }
  )
  #expect(abs(uHv - vHu) <= 1e-12 * max(1, abs(uHv)), "symmetry", sourceLocation: sourceLocation)
}

@Suite struct CurvatureTests {
  @Test func `losses come one by one, in the order of the examples`() throws {
    for kind in QuadraticTests.kinds {
      let quadratic = try QuadraticTests.make(kind, l2: 0.25, as: Double.self)
      let point = normals(quadratic.parameterCount, seed: 13)
      checkLosses(of: quadratic, at: point, examples: [])
    }
    for set in [EvaluationSet.training, .heldOut] {
      for (layout, loss) in LinearExamples.Layout.allCases.flatMap({ layout in
        LinearLoss.allCases.map { (layout, $0) }
      }) {
        let model = LinearExamples.model(layout, loss, intercept: true, l2: 0.3, as: Double.self)
        let point = normals(model.parameterCount, seed: 25)
        checkLosses(of: model, at: point, examples: [7, 0, 3, 8, 8, 5, 1], on: set)
      }
      for activation in Activation.allCases {
        let network = try MultilayerPerceptronTests.network([3, 2], activation, as: Double.self)
        let point = MultilayerPerceptronTests.point(network.parameterCount)
        checkLosses(of: network, at: point, examples: [6, 0, 3, 3, 5, 1, 2], on: set)
      }
      let model = try FactorizationTests.make(rank: 2, l2: 0.2, as: Double.self)
      let point = normals(model.parameterCount, seed: 73)
      checkLosses(of: model, at: point, examples: [6, 0, 3, 3, 5], on: set)
    }
  }

  @Test(arguments: QuadraticTests.kinds)
  func `the product of a quadratic is its gradient at the direction`(kind: String) throws {
    for l2 in [0, 0.25] {
      let quadratic = try QuadraticTests.make(kind, l2: l2, as: Double.self)
      let point = normals(quadratic.parameterCount, seed: 11)
      checkCurvature(of: quadratic, at: point, examples: [])
      let v = normals(quadratic.parameterCount, seed: 12)
      #expect(
        quadratic.curvature(at: point, along: v, examples: []).product
          == quadratic.gradient(at: v, examples: []))
    }
  }

  @Test(arguments: LinearExamples.Layout.allCases, LinearLoss.allCases)
  func `the product of a linear model is the derivative of its gradient`(
    layout: LinearExamples.Layout, loss: LinearLoss
  ) {
    for (intercept, l2) in [(false, 0.0), (true, 0.3)] {
      let model = LinearExamples.model(
        layout, loss, intercept: intercept, l2: l2, as: Double.self)
      let point = normals(model.parameterCount, seed: 24)
      checkCurvature(of: model, at: point, examples: [0, 3, 8, 5])
    }
  }

  @Test(arguments: MultilayerPerceptronTests.shapes, Activation.allCases)
  func `the product of a network is the derivative of its gradient`(
    hidden: [Int], activation: Activation
  ) throws {
    for (kernels, l2) in [(KernelChoice.blas, 0.0), (.portable, 0.3)] {
      let network = try MultilayerPerceptronTests.network(
        hidden, activation, l2: l2, kernels: kernels, as: Double.self)
      let point = MultilayerPerceptronTests.point(network.parameterCount)
      checkCurvature(of: network, at: point, examples: [0, 5, 2])
      // More than one chunk: every example counts equally often.
      let v = normals(network.parameterCount, seed: 203)
      let once = network.curvature(at: point, along: v, examples: allExamples(7)).product
      let often = network.curvature(
        at: point, along: v, examples: (0..<50).flatMap { _ in allExamples(7) }
      ).product
      #expect(relativeDifference(often, once) < 1e-12)
    }
  }

  @Test(arguments: [1, 2, 5])
  func `the product of a factorization is the derivative of its gradient`(rank: Int) throws {
    for l2 in [0, 0.2] {
      let model = try FactorizationTests.make(rank: rank, l2: l2, as: Double.self)
      checkCurvature(
        of: model, at: normals(model.parameterCount, seed: 72), examples: [0, 4, 6, 1])
    }
  }

  @Test func `held-out examples are those of the other set`() throws {
    let network = try MultilayerPerceptronTests.network([4], .tanh, as: Double.self)
    let point = MultilayerPerceptronTests.point(network.parameterCount)
    let v = normals(network.parameterCount, seed: 204)
    let training = network.curvature(at: point, along: v, examples: [1, 2])
    let heldOut = network.curvature(at: point, along: v, examples: [1, 2], on: .heldOut)
    #expect(training.product == heldOut.product && training.gradient == heldOut.gradient)
  }
}
