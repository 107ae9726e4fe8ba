import LockstepCore
import Testing

@testable import LockstepModels

@Suite struct `LIBSVM files` {
  private func read(_ text: String) throws -> Dataset<Double> {
    try DataLoader.assemble(LIBSVMFile.read(stream(text), as: Double.self), heldOut: nil)
  }

  @Test func `rows, comments, blank and empty lines are read`() throws {
    let data = try read("# a file\n+1 1:0.5 3:-2e0 # comment\r\n\n-1\n  1\t2:1  \n")
    #expect(data.featureCount == 3)
    #expect(data.training.rows == [[0.5, 0, -2], [0, 0, 0], [0, 1, 0]])
    #expect(data.training.targetArray == [1, -1, 1])
    #expect(data.training.classArray == [1, 0, 1])
    #expect(data.classCount == 2)
    #expect(data.classLabels == [-1, 1])
  }

  @Test func `whole-number labels are classes in ascending order`() throws {
    let data = try read("7 1:1\n3 1:1\n-0 1:1\n0 1:1\n")
    #expect(data.training.classArray == [2, 1, 0, 0])
    #expect(data.training.targetArray == [7, 3, 0, 0])
  }

  @Test func `labels with a fraction are no classes`() throws {
    let data = try read("1.5 1:1\n2 1:1\n")
    #expect(data.training.classes == nil)
    #expect(data.classCount == nil)
  }

  @Test(arguments: [
    ("x 1:1", "line 1: the label 'x' is not a number"),
    ("nan 1:1", "line 1: the label 'nan' is not a finite number"),
    ("1e999 1:1", "line 1: the label '1e999' is too large"),
    ("1,2 1:1", "line 1: the label '1,2' is not a number"),
    ("1 1:1\n1 5", "line 2: '5' is not of the form index:value"),
    ("1 a:1", "line 1: 'a:1' is not of the form index:value"),
    ("1 qid:3 1:1", "line 1: 'qid:3': ranking queries (qid) are not supported"),
    ("1 0:1", "line 1: index 0: LIBSVM counts features from 1"),
    ("1 -1:1", "line 1: '-1:1' is not of the form index:value"),
    ("\n1 2:1 1:1", "line 2: index 1 follows 2, but the indices of a line must ascend"),
    ("1 2:1 2:1", "line 1: index 2 is there twice"),
    (
      "1 1099511627776:1",
      "line 1: index 1099511627776 is beyond the largest that is supported, 2147483000"
    ),
    (
      "1 99999999999999999999999:1",
      "line 1: index 99999999999999999999999 is beyond the largest that is supported, 2147483000"
    ),
    ("1 1:", "line 1: the value '' of index 1 is not a number"),
    ("1 1:x", "line 1: the value 'x' of index 1 is not a number"),
    ("1 1:1x", "line 1: the value '1x' of index 1 is not a number"),
    ("1 1:nan", "line 1: the value 'nan' of index 1 is not a finite number"),
    ("1 1:-Inf", "line 1: the value '-Inf' of index 1 is not a finite number"),
    ("1 1:1\u{0} 2:1", "line 1: is not text: it holds the control byte 0x00"),
  ])
  func `what is wrong with a line is named`(_ text: String, _ sentence: String) {
    #expect(complaint { _ = try read(text) } == "data, \(sentence)")
  }

  @Test func `a file without examples or features is refused`() {
    #expect(complaint { _ = try read("# nothing\n\n") } == "data: holds no examples")
    #expect(complaint { _ = try read("1\n-1\n") } == "data: no example has a feature")
  }

  @Test func `a value too large for single precision is refused in single precision`() throws {
    #expect(
      complaint { _ = try LIBSVMFile.read(stream("1 1:1e39"), as: Float.self) }
        == "data, line 1: the value '1e39' of index 1 is too large")
    #expect(try read("1 1:1e39").training.rows == [[1e39]])
  }

  @Test func `a huge index costs no memory`() throws {
    let data = try read("1 2147483000:1\n")
    #expect(data.featureCount == 2_147_483_000)
    #expect(data.training.count == 1)
  }

  @Test func `a long token is cut short in the sentence`() {
    let token = String(repeating: "y", count: 5000)
    #expect(
      complaint { _ = try read(token) }
        == "data, line 1: the label '\(String(repeating: "y", count: 40))…' is not a number")
  }

  @Test func `more than 65,536 different labels are no classes`() throws {
    let text = (0...LIBSVMFile.classLimit).map { "\($0) 1:1\n" }.joined()
    #expect(try read(text).classCount == nil)
    #expect(try read(String(text.dropLast(10))).classCount == LIBSVMFile.classLimit)
  }
}

@Suite struct `CSV files` {
  private func read(_ text: String) throws -> Dataset<Double> {
    try DataLoader.assemble(CSVFile.read(stream(text), as: Double.self), heldOut: nil)
  }

  @Test(arguments: [
    "1,2,0\n3,4.5,1\n", "a,b,label\r\n1,2,0\r\n\r\n3,4.5,1", "1;2;0\n3;4.5;1",
    "1\t2\t0\n3\t4.5\t1", "\"x,1\";\"y\";z\n1;2;0\n3;4.5;1", " 1 , \"2\" ,0\n\"3\",4.5,\"1\" \n",
    "\u{FEFF}1,2,0\n3,4.5,1\n", ",x,label\n1,2,0\n3,4.5,1\n",
  ])
  func `separators, headers, quotes and line ends are recognised`(_ text: String) throws {
    let data = try read(text)
    #expect(data.training.rows == [[1, 2], [3, 4.5]])
    #expect(data.training.targetArray == [0, 1])
    #expect(data.training.classArray == [0, 1])
    #expect(data.featureCount == 2)
  }

  @Test func `labels with a fraction or too many of them are quantities`() throws {
    #expect(try read("1,0.5\n1,1\n").classCount == nil)
    let text = (0...CSVFile.classLimit).map { "1,\($0)\n" }
    #expect(try read(text.joined()).classCount == nil)
    #expect(try read(text.dropLast().joined()).classCount == 1000)
  }

  @Test(arguments: [
    ("1,2\n1,2,3", "line 2: more than 2 columns where the first line has 2"),
    ("1,2,3\n1,2", "line 2: 2 columns where the first line has 3"),
    ("1,2,3\n1", "line 2: 1 column where the first line has 3"),
    ("1,2,", "line 1: column 3: the field is empty"),
    ("1,2,3\n1,,3", "line 2: column 2: the field is empty"),
    ("1,2,3\n1,\"\",3", "line 2: column 2: the field is empty"),
    ("1,nan,3", "line 1: column 2: 'nan' is not a finite number"),
    ("nan,inf,x\n1,2,3", "line 1: column 1: 'nan' is not a finite number"),
    ("1,2x,3\n1,2,3", "line 1: column 2: '2x' is not a number"),
    ("x,y,3\n1,2,3", "line 1: column 1: 'x' is not a number"),
    (",,\n1,2,3", "line 1: column 1: the field is empty"),
    ("1,2,3\n-inf,2,3", "line 2: column 1: '-inf' is not a finite number"),
    ("1,2,3\n1,1e999,3", "line 2: column 2: '1e999' is too large"),
    ("1,2,3\n1,2x,3", "line 2: column 2: '2x' is not a number"),
    ("1,2,3\n1,2,y", "line 2: column 3: 'y' is not a number"),
    ("1,2,3\n1,\"2,3", "line 2: column 2: '\"2' is not a number"),
    ("1\n2", "line 1: one column only: a line needs features and, last, the label"),
    ("1,\u{1}", "line 1: is not text: it holds the control byte 0x01"),
  ])
  func `what is wrong with a line is named with its column`(_ text: String, _ sentence: String) {
    let advice =
      /; fields and labels are numbers(, and only a first line without any number is .+)?$/
    #expect(complaint { _ = try read(text) }?.replacing(advice, with: "") == "data, \(sentence)")
  }

  @Test func `a header alone holds no examples`() {
    #expect(complaint { _ = try read("a,b,c\n") } == "data: holds no examples")
    #expect(complaint { _ = try read("\n \n") } == "data: holds no examples")
  }
}

@Suite struct `Ratings files` {
  private func read(_ text: String) throws -> Dataset<Double> {
    try DataLoader.assemble(RatingsFile.read(stream(text), as: Double.self), heldOut: nil)
  }

  @Test(arguments: [
    "0\t2\t3.5\t881250949\n4\t0\t1\n", "0,2,3.5,x\n4,0,1", "0::2::3.5::978300760\r\n4::0::1\r\n",
    "0 2 3.5\n\n4  0  1", "userId,movieId,rating,timestamp\n0, 2, 3.5\n4 ,0 ,1\n",
    "% bip weighted\n# no\n0 2 3.5\n4 0 1", "user_id:token\titem_id:token\n0 2 3.5\n4 0 1",
    "  0 2 3.5\n \t\n  # no\n\t4 0 1",
  ])
  func `separators, headers and further columns are recognised`(_ text: String) throws {
    let data = try read(text)
    #expect(data.training.ratingArray == [[0, 2], [4, 0]])
    #expect(data.training.targetArray == [3.5, 1])
    #expect(data.userCount == 5)
    #expect(data.itemCount == 3)
    #expect(data.featureCount == 0)
    #expect(data.classCount == nil)
  }

  @Test(arguments: [
    ("-1 2 3", "line 1: the user '-1' is not a whole number from 0"),
    ("1.0 2 3", "line 1: the user '1.0' is not a whole number from 0"),
    ("1 x 3", "line 1: the item 'x' is not a whole number from 0"),
    ("1 2 3\nx 2 3", "line 2: the user 'x' is not a whole number from 0"),
    ("1", "line 1: the item is missing: a line is user, item and rating"),
    ("1 2", "line 1: the rating is missing: a line is user, item and rating"),
    ("1,,3", "line 1: the item is missing: a line is user, item and rating"),
    ("1:2:3", "line 1: a single ':' after user 1; two of them separate"),
    ("2147483646:2:3", "line 1: a single ':' after user 2147483646; two of them separate"),
    ("1 2 nan", "line 1: the rating 'nan' is not a finite number"),
    ("1 2 x", "line 1: the rating 'x' is not a number"),
    ("1 2 1e999", "line 1: the rating '1e999' is too large"),
    (
      "2147483647 1 1",
      "line 1: the user 2147483647 is beyond the largest that is supported, 2147483646"
    ),
    (
      "1 2 3\n1 2147483646 1",
      "line 2: item 2147483646 is out of proportion to 2 ratings; items are numbered from 0 "
        + "without large gaps"
    ),
    ("1 2 3\u{7F}", "line 1: is not text: it holds the control byte 0x7F"),
  ])
  func `what is wrong with a line is named`(_ text: String, _ sentence: String) {
    #expect(complaint { _ = try read(text) } == "data, \(sentence)")
  }

  @Test func `a header alone holds no ratings`() {
    #expect(complaint { _ = try read("user,item,rating\n") } == "data: holds no ratings")
  }

  @Test func `gaps up to ten million are allowed`() throws {
    #expect(try read("10001000 0 1").userCount == 10_001_001)
    #expect(complaint { _ = try read("10001001 0 1") } != nil)
  }
}

@Suite struct `IDX folders` {
  private func load(_ path: String) throws -> Dataset<Float> {
    try DataLoader.load(
      DataSpecification("idx:\(path)"), heldOut: .automatic, seed: 0, as: Float.self)
  }
  private func read(_ images: [UInt8], _ labels: [UInt8]) throws {
    _ = try IDXFolder.read(
      images: stream(images, path: "images"), labels: stream(labels, path: "labels"),
      name: "idx", as: Float.self)
  }

  @Test func `training and test files are found, compressed or not, under both spellings`() throws {
    let folder = TemporaryFolder()
    _ = folder.write("train-images-idx3-ubyte.gz", gzip(idxImages(3, 2, 2)))
    _ = folder.write("train-labels.idx1-ubyte", idxLabels([5, 2, 5]))
    _ = folder.write("t10k-images.idx3-ubyte.gz", idxImages(2, 2, 2))
    _ = folder.write("t10k-labels-idx1-ubyte", gzip(idxLabels([2, 9])))
    let data = try load(folder.path)
    #expect(data.training.count == 3)
    #expect(data.training.rows[1] == [4, 5, 6, 7].map { Float($0) / 255 })
    #expect(data.training.targetArray == [5, 2, 5])
    #expect(data.training.classArray == [1, 0, 1])
    #expect(data.heldOut?.classArray == [0, 2])
    #expect(data.classLabels == [2, 5, 9])
    #expect(data.featureCount == 4)
  }

  @Test func `test files are optional, but not one of them`() throws {
    let folder = TemporaryFolder()
    _ = folder.write("train-images-idx3-ubyte", idxImages(1, 1, 2))
    _ = folder.write("train-labels-idx1-ubyte", idxLabels([5]))
    #expect(try load(folder.path).heldOut == nil)
    _ = folder.write("t10k-labels-idx1-ubyte", idxLabels([5]))
    #expect(
      complaint { _ = try load(folder.path) }
        == "\(folder.path): has no file t10k-images-idx3-ubyte, with or without .gz")
  }

  @Test func `missing folders and files are named`() throws {
    let folder = TemporaryFolder()
    #expect(
      complaint { _ = try load(folder.path) }
        == "\(folder.path): has no file train-images-idx3-ubyte, with or without .gz")
    #expect(complaint { _ = try load("/no/such") } == "/no/such: no such folder")
    let file = folder.write("file", "x")
    #expect(complaint { _ = try load(file) } == "\(file): is not a folder")
  }

  @Test func `headers and sizes are checked`() {
    let labels = idxLabels([1, 2])
    let images = idxImages(2, 2, 2)
    #expect(
      complaint { try read(labels, labels) }
        == "images: the magic number at byte 0 is 0x00000801, not 0x00000803 "
        + "(unsigned bytes, dimensions: 3)")
    #expect(
      complaint { try read(images, idxLabels([1])) }
        == "images: holds 2 images, but labels holds 1 label")
    #expect(
      complaint { try read(Array(images.prefix(20)), labels) }
        == "images: ends at byte 20, but its header promises 8 bytes after the first 16; "
        + "is it cut off?")
    #expect(
      complaint { try read(images + [0], labels) }
        == "images: goes on after byte 24, where its header says that it ends")
    #expect(
      complaint { try read(Array(images.prefix(10)), labels) }
        == "images: ends at byte 10, within the header; is it cut off?")
    #expect(
      complaint { try read(words(0x803, 2, 0, 2), labels) }
        == "images: the dimension at byte 8 is 0")
    #expect(complaint { try read(images, labels + [3]) }?.hasPrefix("labels: goes on") == true)
  }

  @Test func `a tiny file that claims a huge size costs nothing`() {
    let labels = idxLabels([1, 2])
    #expect(
      complaint { try read(words(0x803, 2, .max, .max), labels) }
        == "images: an image has 4294967295×4294967295 bytes, too many")
    #expect(
      complaint { try read(words(0x803, 2, 40000, 40000) + [1, 2, 3], labels) }
        == "images: ends at byte 19, but its header promises 3200000000 bytes after the first "
        + "16; is it cut off?")
    #expect(
      complaint { try read(words(0x803, .max, 1, 1) + [1], words(0x801, .max) + [1]) }
        == "labels: ends at byte 9, but its header promises 4294967295 bytes after the first 8; "
        + "is it cut off?")
  }

  @Test func `Fashion-MNIST that is not there names the package`() throws {
    let folder = try IDXFolderProbe.missingDebianFolder()
    #expect(
      folder
        == "Fashion-MNIST is not in /usr/share/datasets/fashion-mnist: install Debian's package "
        + "dataset-fashion-mnist (apt-get install dataset-fashion-mnist) or give "
        + "fashion-mnist:DIR")
    #expect(
      complaint { _ = try IDXFolder.fashionMNIST("/no/such") } == "/no/such: no such folder")
  }

  @Test(.enabled(if: IDXFolderProbe.hasFashionMNIST))
  func `Fashion-MNIST has its 60,000 and 10,000 images of ten classes`() throws {
    let data = try DataLoader.load(
      DataSpecification("fashion-mnist"), heldOut: .automatic, seed: 0, as: Float.self)
    #expect(data.name == "Fashion-MNIST")
    #expect(data.training.count == 60_000)
    #expect(data.heldOut?.count == 10_000)
    #expect(data.featureCount == 784)
    #expect(data.classLabels == (0..<10).map(Double.init))
    var counts = [Int](repeating: 0, count: 10)
    for label in data.training.classArray ?? [] { counts[Int(label)] += 1 }
    #expect(counts == [Int](repeating: 6000, count: 10))
  }
}

enum IDXFolderProbe {
  static var hasFashionMNIST: Bool {
    (try? IDXFolder(DataSpecification.debianFashionMNIST)) != nil
  }

  /// The sentence for the missing package, which an installed one would hide.
  static func missingDebianFolder() throws -> String {
    DataError.missing(reason: IDXFolder.missingFashionMNIST).description
  }
}
