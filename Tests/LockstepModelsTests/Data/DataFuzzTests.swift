import LockstepCore
import Testing

@testable import LockstepModels

/// Whatever happens to the bytes of a file, reading it ends in a data set or in a ``DataError``.
@Suite(.timeLimit(.minutes(15))) struct `Mutated files` {
  private static let libsvm = "+1 1:0.5 3:-2e0 # c\n-1 2:1\n\n3 1:1e3 7:0.125\n"
  private static let csv = "a,b,c\n1,\"2\",0\n3.5,-4e1,1\n5,6,1\n"
  private static let ratings = "user,item,rating\n0::1::3.5::9\n2,3,4\n4\t5\t1e0\n"

  enum Format: String, CaseIterable, Sendable {
    case libsvm, csv, ratings, libsvmGzip, images, imagesGzip
  }

  @Test(arguments: Format.allCases)
  func `a mutated file loads or is refused`(_ format: Format) throws {
    let original: [UInt8] =
      switch format {
      case .libsvm: Array(Self.libsvm.utf8)
      case .csv: Array(Self.csv.utf8)
      case .ratings: Array(Self.ratings.utf8)
      case .libsvmGzip: gzip(Self.libsvm)
      case .images: idxImages(3, 2, 2)
      case .imagesGzip: gzip(idxImages(3, 2, 2))
      }
    var loaded = 0
    for seed in 0..<1000 {
      var random = RandomStream(seed: UInt64(seed), purpose: .disturbance)
      var bytes = original
      for _ in 0...random.integer(below: 3) { Self.mutate(&bytes, &random) }
      do throws(DataError) {
        let stream = try ByteStream(bytes: bytes, path: "data")
        let table =
          switch format {
          case .libsvm, .libsvmGzip: try LIBSVMFile.read(stream, as: Float.self)
          case .csv: try CSVFile.read(stream, as: Float.self)
          case .ratings: try RatingsFile.read(stream, as: Float.self)
          case .images, .imagesGzip:
            try IDXFolder.read(
              images: stream, labels: ByteStream(bytes: idxLabels([1, 2, 1]), path: "labels"),
              name: "data", as: Float.self)
          }
        let data = try DataLoader.assemble(table, heldOut: nil)
        #expect(data.training.count > 0, "seed \(seed)")
        Self.check(data, seed)
        loaded += 1
      } catch {
        #expect(!error.description.isEmpty, "seed \(seed)")
      }
    }
    // Some mutations are harmless; were all refused, the fuzz would test the first check only.
    #expect(loaded > 0)
  }

  /// Checks what every model relies on.
  private static func check(_ data: Dataset<Float>, _ seed: Int) {
    let set = data.training
    for example in 0..<set.count {
      #expect(set.targets[example].isFinite, "seed \(seed)")
      if let classes = set.classes, let classCount = data.classCount {
        #expect(classes[example] >= 0 && Int(classes[example]) < classCount, "seed \(seed)")
      }
      switch set.features {
      case .sparse(let offsets, let columns, let values):
        var previous = Int32(-1)
        for entry in offsets[example]..<offsets[example + 1] {
          #expect(columns[entry] > previous && Int(columns[entry]) < data.featureCount)
          #expect(values[entry].isFinite)
          previous = columns[entry]
        }
      case .ratings(let users, let items):
        #expect(users[example] >= 0 && Int(users[example]) < data.userCount, "seed \(seed)")
        #expect(items[example] >= 0 && Int(items[example]) < data.itemCount, "seed \(seed)")
      case .dense(let values):
        for column in 0..<data.featureCount {
          #expect(values[example * data.featureCount + column].isFinite, "seed \(seed)")
        }
      case .bytes: break
      }
    }
  }

  private static func mutate(_ bytes: inout [UInt8], _ random: inout RandomStream) {
    guard !bytes.isEmpty else { return }
    let place = random.integer(below: bytes.count)
    let telling = Array("0123456789 :,;\t\n\r.-+eE#\"x\u{0}%naif".utf8)
    switch random.integer(below: 7) {
    case 0: bytes[place] = UInt8(random.integer(below: 256))
    case 1: bytes[place] ^= UInt8(1 << random.integer(below: 8))
    case 2: bytes[place] = telling[random.integer(below: telling.count)]
    case 3: bytes.insert(telling[random.integer(below: telling.count)], at: place)
    case 4: bytes.remove(at: place)
    case 5: bytes.removeSubrange(place...)
    default:
      let end = min(bytes.count, place + 1 + random.integer(below: 8))
      bytes.insert(contentsOf: bytes[place..<end], at: random.integer(below: bytes.count))
    }
  }
}
