/// A chart before it is drawn.
struct Chart: Equatable, Sendable {
  /// A measured point.
  struct Point: Equatable, Sendable {
    var x: Double
    var y: Double
    /// The ends of the interval; equal to `y` where there is none.
    var low: Double
    var high: Double
    /// The number of runs it rests on.
    var count: Int
  }

  /// How a series is drawn.
  enum Look: Equatable, Sendable {
    /// A line through marked points, with a band.
    case line
    /// A line without marks, with a band.
    case curve
    /// Steps: what is constant between two numbers.
    case steps
    /// A thin line for comparison, which is no measurement.
    case reference
  }

  /// Points that belong together.
  struct Series: Equatable, Sendable {
    var name: String
    var points: [Point]
    var look = Look.line
  }

  /// One axis.
  struct Axis: Equatable, Sendable {
    var label: String
    /// The unit; `nil` for a pure number.
    var unit: String?
    /// Whether a factor or a power law is what the axis is about.
    var prefersLogarithm = false
    /// Whether 0 has to be seen on a linear axis.
    var includesZero = false
    /// Whether lengths along it must be comparable, as those of shares are.
    var isLinear = false

    /// The label with its unit.
    var text: String { unit.map { "\(label) (\($0))" } ?? label }
  }

  var x: Axis
  var y: Axis
  var series: [Series]
}

/// Bars that are made of parts: one row each.
struct BarChart: Equatable, Sendable {
  /// One bar.
  struct Row: Equatable, Sendable {
    var name: String
    /// The parts, in the order of ``BarChart/parts``; none negative.
    var values: [Double]
  }

  var axis: Chart.Axis
  /// The names of the parts.
  var parts: [String]
  var rows: [Row]
}
