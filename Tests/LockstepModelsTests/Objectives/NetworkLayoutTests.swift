import Testing

@testable import LockstepModels

@Suite struct NetworkLayoutTests {
  @Test func `the blocks of every range cover its weights once, as whole rows where they can`() {
    for (inputs, outputs) in [(1, 1), (1, 4), (3, 4), (4, 1), (5, 3)] {
      guard let layout = NetworkLayout(widths: [2, inputs, outputs]) else {
        Issue.record("a small network can be laid out")
        continue
      }
      let layer = layout.layers[1]
      #expect(layout.parameterCount == 3 * inputs + (inputs + 1) * outputs)
      for low in 0..<layout.parameterCount {
        for high in low...layout.parameterCount {
          let (head, body, tail) = layer.blocks(in: low..<high)
          var covered = [Int](repeating: 0, count: layout.parameterCount)
          for block in [head, body, tail] {
            for row in block.rows {
              for column in block.columns {
                covered[layer.weightStart + row * inputs + column] += 1
              }
            }
          }
          for place in covered.indices {
            let isWanted =
              (low..<high).contains(place) && (layer.weightStart..<layer.biasStart).contains(place)
            #expect(covered[place] == (isWanted ? 1 : 0))
          }
          #expect(head.rows.count <= 1 && tail.rows.count <= 1)
          let (first, second) = layer.outputs(touchedBy: low..<high)
          for output in 0..<outputs {
            let weights = layer.weightStart + output * inputs
            let isTouched =
              (low..<high).overlaps(weights..<(weights + inputs))
              || (low..<high).contains(layer.biasStart + output)
            if isTouched { #expect(first.contains(output) || second.contains(output)) }
          }
          #expect(!first.overlaps(second))
        }
      }
    }
  }

  @Test func `the lowest layer of a range is the first that it touches`() {
    guard let layout = NetworkLayout(widths: [2, 3, 2]) else {
      Issue.record("a small network can be laid out")
      return
    }
    #expect(layout.lowestLayer(in: 0..<17) == 0)
    #expect(layout.lowestLayer(in: 8..<9) == 0)
    #expect(layout.lowestLayer(in: 9..<10) == 1)
    #expect(layout.lowestLayer(in: 16..<17) == 1)
  }
}
