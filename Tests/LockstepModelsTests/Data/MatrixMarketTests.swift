import LockstepCore
import Testing

@testable import LockstepModels

@Suite struct `Matrix Market files` {
  private func read(_ text: String) throws(DataError) -> Dataset<Float> {
    try DataLoader.assemble(
      RatingsFile.read(ByteStream(bytes: Array(text.utf8), path: "m.mtx"), as: Float.self),
      heldOut: nil)
  }

  private func triples(_ data: Dataset<Float>) -> [[Float]] {
    guard case .ratings(let users, let items) = data.training.features else { return [] }
    return (0..<data.training.count).map {
      [Float(users[$0]), Float(items[$0]), data.training.targets[$0]]
    }
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `are read as specified, with any line ends`(end: String) throws {
    let text = [
      "%%MatrixMarket matrix coordinate real general", "% made by hand", "", "  3 4 2",
      "1 4 2.5", " 3\t1  -1e0 ", "",
    ].joined(separator: end)
    let data = try read(text)
    #expect(triples(data) == [[0, 3, 2.5], [2, 0, -1]])
    // The size line says how many there are, whether or not each of them has an entry.
    #expect(data.userCount == 3)
    #expect(data.itemCount == 4)
  }

  @Test func `may be integer, pattern and symmetric, in letters of any case`() throws {
    #expect(
      triples(try read("%%matrixmarket MATRIX Coordinate Integer General\n2 2 1\n2 1 7\n"))
        == [[1, 0, 7]])
    #expect(
      triples(try read("%%MatrixMarket matrix coordinate pattern general\n2 2 1\n2 1\n"))
        == [[1, 0, 1]])
    #expect(
      triples(try read("%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n1 1 3\n2 1 4\n"))
        == [[0, 0, 3], [1, 0, 4], [0, 1, 4]])
  }

  @Test(arguments: [
    ("%%MatrixMarket matrix array real general\n2 2\n1\n", "the Matrix Market format 'array'"),
    ("%%MatrixMarket matrix coordinate complex general\n", "the Matrix Market field 'complex'"),
    ("%%MatrixMarket matrix coordinate real skew-symmetric\n", "symmetry 'skew-symmetric'"),
    ("%%MatrixMarket vector coordinate real general\n", "the Matrix Market object 'vector'"),
    ("%%MatrixMarket matrix coordinate real\n", "line 1: a Matrix Market file begins with"),
    ("%%MatrixMarket matrix coordinate real general\n", "ends before its size line"),
    ("%%MatrixMarket matrix coordinate real general\n2 2\n", "line 2: the size line is not"),
    ("%%MatrixMarket matrix coordinate real general\n2 2 1 1\n", "line 2: the size line is not"),
    ("%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n1 1 1\n", "as many rows as columns"),
    ("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n", "holds 1 of the 2 entries"),
    (
      "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 1\n1 2 1\n",
      "line 4: there are more"
    ),
    ("%%MatrixMarket matrix coordinate real general\n2 2 1\n0 1 1\n", "the row '0' is not a whole"),
    (
      "%%MatrixMarket matrix coordinate real general\n2 2 1\n1 3 1\n",
      "the column '3' is not a whole"
    ),
    ("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1\n", "the value is missing"),
    ("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1 nan\n", "'nan' is not a finite"),
    ("%%MatrixMarket matrix coordinate integer general\n2 2 1\n1 1 1.5\n", "'1.5' is not a whole"),
    ("%%MatrixMarket matrix coordinate pattern general\n2 2 1\n1 1 1\n", "'1' follows the entry"),
    (
      "%%MatrixMarket matrix coordinate real general\n2147483647 2 1\n1 1 1\n",
      "more than are supported"
    ),
    ("%%MatrixMarket matrix coordinate real general\n99999999 2 1\n1 1 1\n", "out of proportion"),
    ("% a comment only\n943 1682 3\n1 1 5\n2 3 4\n943 1682 1\n", "begins with the size line"),
  ])
  func `are refused by name, and line, otherwise`(text: String, reason: String) {
    #expect {
      try read(text)
    } throws: { error in
      "\(error)".contains(reason)
    }
  }

  @Test func `are not confused with plain ratings`() throws {
    #expect(triples(try read("% users and items\n3 4 5\n1 1 2\n")) == [[3, 4, 5], [1, 1, 2]])
    #expect(triples(try read("0 0 2\n1 1 2\n0 1 3\n")).count == 3)
  }
}
