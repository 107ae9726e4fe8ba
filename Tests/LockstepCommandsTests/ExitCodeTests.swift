import Foundation
import Testing

/// Runs a command that is to be refused: with the code, in one line on standard error that holds the
/// text, without standard output and without a trace in the folder.
private func refuse(
  _ typed: String, _ code: Int32, _ text: String, in folder: CommandFolder? = nil,
  source: SourceLocation = #_sourceLocation
) throws {
  let before = folder?.names
  let result = try lockstep(typed: typed, in: folder?.path ?? "/")
  #expect(result.code == code, "\(typed): \(result.errors)", sourceLocation: source)
  #expect(result.output.isEmpty, "\(typed)", sourceLocation: source)
  #expect(result.errors.hasPrefix("lockstep: "), "\(result.errors)", sourceLocation: source)
  #expect(
    result.errors.hasSuffix("\n") && result.errors.count(where: \.isNewline) == 1,
    "\(result.errors)", sourceLocation: source)
  #expect(result.errors.contains(text), "\(typed): \(result.errors)", sourceLocation: source)
  #expect(folder?.names == before, "\(typed)", sourceLocation: source)
}

@Suite(.timeLimit(.minutes(15))) struct `Bad usage ends with 64` {
  @Test(arguments: [
    ("--policy bad", "--policy bad: not one of sequential, barrier, bounded:S, hogwild, locked"),
    ("--policy barier", "did you mean barrier?"),
    ("--policy bounded", "for example bounded:4"),
    ("--policy bounded:-1", "the bound S is a whole number from 0 to 2147483647"),
    ("--policy bounded:9223372036854775807", "the bound S is a whole number"),
    ("--policy barrier:2", "barrier takes no argument"),
    ("--workers 0", "--workers 0: at least one worker is needed"),
    ("--workers -3", "--workers -3: at least one worker is needed"),
    ("--workers 256", "Dispatch never starts a 256th thread"),
    ("--workers 256", "the virtual-time engine (--engine virtual) takes up to 65,536"),
    ("--policy bounded:0..16", "a whole number from 0 to 2147483647, for example bounded:4"),
    ("--workers two", "--workers two: write a whole number from 1 to 65536"),
    ("--workers 99999999999999999999", "write a whole number from 1 to 65536"),
    ("--updates 9223372036854775808", "write a whole number of updates from 1 to 10¹⁵"),
    ("--learning-rate nan", "--learning-rate nan: the rate is a finite number above 0"),
    ("--learning-rate 0", "the rate is a finite number above 0"),
    ("--learning-rate -1", "the rate is a finite number above 0"),
    ("--learning-rate inf", "the rate is a finite number above 0"),
    ("--learning-rate", "Missing value for '--learning-rate <learning-rate>'"),
    ("--clip 1e-400", "--clip 1e-400: this is 0 in double precision, whose smallest number is"),
    ("--clip 1e400", "--clip 1e400: this is beyond double precision, whose largest number is"),
    ("--learning-rate 1e-400", "--learning-rate 1e-400: this is 0 in double precision"),
    ("--clip x", "--clip x: write a number"),
    ("--optimizer momentum:1e-400", "momentum:1e-400: this is 0 in double precision"),
    ("--model quadratic:noise=1e-400", "noise=1e-400: this is 0 in double precision"),
    ("--engine virtual --service exponential:1e400", "'1e400': this is beyond double precision"),
    ("--schedule warmup:3+", "the schedule after the '+' is missing; write warmup:3+linear"),
    ("--updates 0", "--updates 0: at least one update is needed"),
    ("--updates -5", "--updates -5: at least one update is needed"),
    ("--updates 9223372036854775807", "that is more than 10¹⁵ updates"),
    ("--epochs 1", "--epochs doesn't go with --model quadratic, which has no data"),
    ("--data digits", "--data doesn't go with --model quadratic, which has no data"),
    ("--batches x", "--batches doesn't go with --model quadratic, which has no data"),
    ("--held-out 0.5", "--held-out doesn't go with --model quadratic, which has no data"),
    ("--target-loss nan", "the target is a finite number"),
    ("--seed -1", "--seed -1: write a whole number from 0 to 18446744073709551615"),
    ("--seed 18446744073709551616", "write a whole number from 0 to 18446744073709551615"),
    ("--batch 0", "write a whole number of examples from 1 to 2147483647, or full"),
    ("--batch 2147483648", "write a whole number of examples from 1 to 2147483647, or full"),
    ("--schedule warmup:9223372036854775806", "with a whole number of updates from 1 to 10¹⁵"),
    ("--optimizer sdg", "did you mean sgd?"),
    ("--optimizer momentum", "write momentum:M with 0 ≤ M < 1"),
    ("--optimizer momentum:1", "write momentum:M with 0 ≤ M < 1"),
    ("--optimizer adam:0.9", "adam takes no argument"),
    ("--optimizer adamw:-1", "write adamw:DECAY with DECAY ≥ 0, for example adamw:0.01"),
    ("--optimizer lion:nan", "write lion:DECAY with DECAY ≥ 0, for example lion:0.1"),
    ("--optimizer lion:x=1", "unknown key 'x'"), ("--optimizer lin", "did you mean lion?"),
    ("--schedule cosin", "did you mean cosine?"), ("--schedule warmup", "write warmup:N"),
    ("--schedule step:every=3", "write step:every=N,factor=F"),
    ("--clip 0", "--clip 0.0: the largest norm is a finite number above 0"),
    ("--clip inf", "--clip inf: the largest norm is a finite number above 0"),
    ("--clip 1 --record noise=5", "leave out --clip or the probes"),
    ("--decomposition block", "did you mean blocks?"),
    ("--kernels mkl", "--kernels mkl: not one of blas, portable"),
    ("--precision half", "--precision half: not one of single, double"),
    ("--sampling all", "--sampling all: not one of shuffled, replacement"),
    ("--engine virtal", "--engine virtal: not one of "),
    ("--pin core:0-999", "are not available; available: 0"),
    ("--pin nonsense", "--pin nonsense: not one of none, compact, scatter"),
    ("--pin core", "write core:LIST, for example core:0-3"),
    ("--pin pu:0-4294967296", "is not a number from 0 to 1048575"),
    ("--pin os:0,0", "0 is given twice"), ("--pin 0x0", "the mask is empty"),
    ("--pin 0xg", "is not a hexadecimal number"),
    ("--record nonsense", "--record nonsense: not one of"),
    ("--record loss=0", "write loss=EVERY with a whole number of updates from 1"),
    ("--record loss=9223372036854775807", "with a whole number of updates from 1 to 10¹⁵"),
    ("--progress loud", "Please provide one of 'auto', 'plain' or 'none'"),
    ("--polcy barrier", "Did you mean '--policy'? (lockstep run --help shows what there is)"),
    ("--frobnicate", "lockstep run --help shows what there is"),
    ("surplus", "Unexpected argument 'surplus'"),
  ])
  func `as an option's value`(_ options: String, _ text: String) throws {
    try refuse("run --model quadratic:dimension=8 \(options)", 64, text)
  }

  @Test(arguments: [
    ("--model mpl:3", "did you mean mlp?"),
    ("--model mlp", "write mlp:H1xH2… with hidden widths"),
    ("--model mlp:3x", "'' is not a hidden width from 1 to 1048576"),
    ("--model mlp:9223372036854775808", "is not a hidden width"),
    ("--model factorization:0", "write factorization:RANK with a rank from 1 to 4096"),
    ("--model quadratic:dimensoin=8", "did you mean dimension?"),
    ("--model quadratic:dimension=0", "is not a whole number from 1 to 268435456"),
    ("--model quadratic:dimension=268435457", "is not a whole number from 1 to 268435456"),
    ("--model quadratic:eigenvalues=1;nan", "eigenvalues=nan is not a finite number"),
    ("--model quadratic:eigenvalues=1,2", "a list has semicolons: eigenvalues=1;2"),
    ("--model quadratic:zzzzzz=1", "unknown key 'zzzzzz'; known: l2, dimension"),
    ("--model quadratic:noise=-1", "noise=-1 is not a finite number"),
    ("--model svm:intercept=perhaps", "intercept=perhaps is not true or false"),
    ("--model mlp:3,activation=gelu", "activation=gelu is not one of relu, tanh"),
    ("--model mlp:3 --updates 1 --epochs 1", "give one of them"),
    ("--model mlp:3 --epochs 0", "the number of epochs is finite and above 0"),
    ("--model mlp:3 --epochs nan", "the number of epochs is finite and above 0"),
    ("--model mlp:3 --epochs 1e300", "that is more than 10¹⁵ updates"),
    ("--model mlp:3 --epochs 1 --batches x", "--epochs doesn't go with --batches"),
    ("--model mlp:3 --data digit", "did you mean digits?"),
    ("--model mlp:3 --data csv", "write csv:FILE"),
    ("--model mlp:3 --data own.csv", "say what the file holds: write csv:own.csv"),
    ("--model mlp:3 --data ./own.svm.gz", "say what the file holds: write libsvm:./own.svm.gz"),
    ("--model mlp:3 --data ./own", "csv:FILE, libsvm:FILE, ratings:FILE or idx:DIR"),
    ("--model mlp:3 --data synthetic:examples=0", "examples=0 is not a whole number from 1"),
    ("--model mlp:3 --held-out 1", "a fraction is at least 0 and less than 1"),
    ("--model mlp:3 --held-out -0.5", "a fraction is at least 0 and less than 1"),
    ("--model mlp:3 --held-out nonsense", "not one of automatic, a fraction such as 0.2, digits"),
    ("--model mlp:3 --held-out 12.5%", "write a fraction as a number, such as 0.2 for 20 %"),
    ("--model quadratic:dimension=2 --workers 3", "take at most 2 workers or"),
  ])
  func `as a model, its data or its length`(_ options: String, _ text: String) throws {
    try refuse("run \(options)", 64, text)
  }

  @Test(arguments: [
    ("nosuch", "there is no command 'nosuch'; known: run, noise"),
    ("--nosuch", "Unknown option '--nosuch'"),
    ("topology --workers 0", "not a whole number from 1 to 65536"),
    ("topology --synthetic nonsense", "--synthetic 'nonsense'"),
  ])
  func `as another command`(_ typed: String, _ text: String) throws {
    try refuse(typed, 64, text)
  }

  @Test(arguments: [
    ("--service constant:1", "--service is for simulated time; add --engine virtual"),
    ("--delay constant:1", "--delay is for simulated time; add --engine virtual"),
    ("--replicas 3", "--replicas is for simulated time; add --engine virtual"),
    ("--engine virtual --workers 65537", "the virtual-time engine takes 1 to 65,536 workers"),
    ("--engine virtual --workers 0", "at least one worker is needed"),
    ("--engine virtual --pin compact", "--pin is for real threads"),
    ("--engine virtual --service constant:0", "'0' is not a number above 0"),
    ("--engine virtual --service constant:-1", "'-1' is not a number above 0"),
    ("--engine virtual --service exponential:nan", "'nan' is not a number above 0"),
    ("--engine virtual --service exponential:inf", "'inf' is not a number above 0"),
    ("--engine virtual --service gamma:1", "write gamma:MEAN,CV"),
    ("--engine virtual --service pareto:1,1", "a mean only for a tail index ALPHA above 1"),
    ("--engine virtual --service exponental:1", "did you mean exponential?"),
    ("--engine virtual --workers 3 --service per-worker:1;2", "2 durations for 3 workers"),
    ("--engine virtual --delay constant:-1", "'-1' is not a whole number from 0"),
    ("--engine virtual --delay uniform:1..4", "write uniform:0..S"),
    ("--engine virtual --delay geometric:nan", "'nan' is not a number"),
    ("--engine virtual --delay exchange:0", "'0' is not a whole number from 1"),
    ("--engine virtual --delay constant:1 --service constant:1", "give one of them"),
    ("--engine virtual --delay constant:1 --policy barrier", "leave the policy out"),
    ("--engine virtual --delay-per message", "give that, too"),
    ("--engine virtual --delay constant:1 --delay-per mesage", "did you mean message?"),
    ("--engine virtual --delay constant:1 --delay-per message", "--decomposition samples"),
    (
      "--engine virtual --delay exchange:2 --decomposition samples",
      "goes with --decomposition blocks"
    ),
    ("--engine virtual --replicas 0", "write a whole number from 1"),
    ("--engine virtual --warmup -1", "at least 0 and less than --updates"),
    ("--engine virtual --updates 9 --warmup 9", "at least 0 and less than --updates"),
    ("--engine virtual --host-threads 0", "write a whole number from 1 to 1024"),
  ])
  func `as a simulation`(_ options: String, _ text: String) throws {
    try refuse("run --model quadratic:dimension=8 \(options)", 64, text)
  }

  @Test func `as a file that a law is read from`() throws {
    let folder = try CommandFolder()
    try folder.write("empty.txt", "")
    try folder.write("negative.txt", "1\n-2\n")
    let start = "run --model quadratic:dimension=8 --engine virtual"
    for option in ["--service trace", "--delay trace", "--schedule file"] {
      for (file, code) in [("empty.txt", Int32(65)), ("negative.txt", 65), ("none.txt", 66)] {
        let result = try lockstep(typed: "\(start) \(option):\(file)", in: folder.path)
        #expect(result.code == code && result.output.isEmpty, "\(option) \(file)")
        #expect(result.errors.contains(file), "\(option) \(file)")
      }
    }
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Parameters that cannot fit are refused` {
  @Test(arguments: [
    (
      "--model quadratic:dimension=268435456 --workers 255 --precision double --optimizer adam "
        + "--decomposition samples", 64 as Int32,
      "has 268,435,456 parameters, for which 255 workers need"
    ),
    ("--model mlp:1048576x1048576", 65, "64×1048576×1048576×10 has more than 8589934592"),
    (
      "--model mlp:1048576x4096 --workers 255 --decomposition samples", 65,
      "mlp:1048576x4096 on digits has 4,363,169,802 parameters, for which 255 workers need about"
    ),
    (
      "--model svm --data libsvm:wide --optimizer adam --workers 255 --decomposition samples",
      65, "svm on wide has 2,147,483,000 parameters, for which 255 workers need about"
    ),
    // Not so many parameters, but a minibatch's inputs are wide.
    (
      "--model mlp:1 --data libsvm:wide --workers 255 --batch 256 --precision double", 65,
      "mlp:1 on wide has"
    ),
    ("--model mlp:4096 --data libsvm:wide", 65, "has more than 8589934592 parameters"),
    (
      "--model factorization:4096 --data ratings:wide --workers 255 --optimizer adam", 65,
      "factorization:4096 on wide has"
    ),
    ("--model factorization:2 --data ratings:wild", 65, "out of proportion to 1 rating"),
    ("--data synthetic:features=100000000,examples=1000000000", 65, "half of this machine's"),
  ])
  func `before they are allocated`(_ options: String, _ code: Int32, _ text: String) throws {
    let folder = try CommandFolder()
    try folder.write(
      "wide", options.contains("ratings") ? "9999999 9999999 3\n" : "1 2147483000:1\n-1 1:1\n")
    try folder.write("wild", "2147483646 0 3\n")
    try refuse("run \(options)", code, text, in: folder)
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Bad data ends with 65 or 66` {
  private func folder() throws -> CommandFolder {
    let folder = try CommandFolder()
    let images: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 2, 3]
    try FileManager.default.createDirectory(
      atPath: folder.path + "/folder", withIntermediateDirectories: true)
    try folder.write("folder/train-images-idx3-ubyte", images)
    try folder.write("folder/train-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 2, 0, 1])
    try folder.write("nan", "1,nan,0\n1,2,1\n")
    try folder.write("nan2", "a,b,c\n1,2,0\n1,inf,1\n")
    try folder.write("typo", "1,2x,0\n1,2,1\n")
    try folder.write("numbered", "0,1,label\n1,2,0\n")
    try folder.write("ragged", "1,2,0\n1,1\n")
    try folder.write("header", "a,b,c\n")
    try folder.write("fractions", "1,2,0.5\n3,4,1\n")
    try folder.write("order", "1 3:1 2:1\n")
    try folder.write("twice", "1 2:1 2:1\n")
    try folder.write("zero", "1 0:1\n")
    try folder.write("huge", "1 1099511627776:1\n")
    try folder.write("word", "1 a:b\n")
    try folder.write("three", "1 1:1\n2 1:1\n3 1:1\n")
    try folder.write("ratings", "0 0 nan\n")
    try folder.write("empty", "")
    try folder.write("binary", (0..<2000).map { UInt8(truncatingIfNeeded: $0 &* 167) })
    try folder.write("gzip", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2])
    try folder.write("ok.csv", "1,2,0\n3,4,1\n5,6,0\n")
    return folder
  }

  @Test(arguments: [
    ("idx:folder", "ends at byte 19, but its header promises"),
    ("csv:nan", "nan, line 1: column 2: 'nan' is not a finite number"),
    ("csv:nan2", "nan2, line 3: column 2: 'inf' is not a finite number"),
    ("csv:typo", "typo, line 1: column 2: '2x' is not a number; fields and labels are numbers"),
    ("csv:numbered", "'label' is not a number; fields and labels are numbers, and only a first"),
    ("csv:ragged", "ragged, line 2: 2 columns where the first line has 3"),
    ("csv:header", "header: holds no examples"), ("csv:empty", "empty: the file is empty"),
    ("csv:folder", "folder: is a folder, not a file"), ("csv:binary", "is not text"),
    ("csv:gzip", "the gzip data"), ("csv:fractions", "needs class labels"),
    ("libsvm:order", "order, line 1: index 2 follows 3"), ("libsvm:twice", "is there twice"),
    ("libsvm:zero", "LIBSVM counts features from 1"),
    ("libsvm:huge", "index 1099511627776 is beyond the largest that is supported"),
    ("libsvm:word", "'a:b' is not of the form index:value"),
    ("libsvm:empty", "empty: the file is empty"), ("libsvm:binary", "binary, line 1"),
    ("ratings:ratings", "the rating 'nan' is not a finite number"),
    ("ratings:ok.csv", "mlp"), ("idx:ok.csv", "ok.csv: is not a folder"),
    ("digits --held-out csv:ok.csv", "has 2"),
    ("csv:ok.csv --held-out 0.9", "leaves none to train on"),
  ])
  func `as a data set`(_ data: String, _ text: String) throws {
    try refuse("run --model mlp:2 --data \(data)", 65, text, in: try folder())
  }

  @Test(arguments: [
    ("svm --data libsvm:three", "two classes are needed"),
    ("svm:positive=9 --data digits", ""),
    ("svm:positive=12 --data digits", "no training example of digits has that label"),
    ("factorization:2 --data csv:ok.csv", "holds features; take --data ratings:FILE"),
    ("least-squares --data ratings:rated", "least-squares needs features"),
    ("quadratic:matrix=ok.csv", "not a NumPy .npy file"),
  ])
  func `as data for a model`(_ options: String, _ text: String) throws {
    let folder = try folder()
    try folder.write("rated", "0 0 3\n")
    if text.isEmpty {
      #expect(try lockstep(typed: "run --updates 1 --model \(options)").code == 0)
    } else {
      try refuse("run --updates 1 --model \(options)", 65, text, in: folder)
    }
  }

  @Test(arguments: [
    ("--data csv:missing", "missing: no such file"),
    ("--data libsvm:missing", "missing: no such file"),
    ("--data ratings:ok.csv/x", "no such file"), ("--data idx:missing", "no such folder"),
    ("--data fashion-mnist:missing", "no such folder"),
    ("--data idx:.", "has no file train-images-idx3-ubyte"),
    ("--data csv:ok.csv --batches missing", "missing: no such file"),
    ("--data csv:ok.csv --init missing", "missing: no such file"),
    ("--data csv:ok.csv --held-out csv:missing", "missing: no such file"),
  ])
  func `or 66 where it isn't there`(_ options: String, _ text: String) throws {
    try refuse("run --model mlp:2 \(options)", 66, text, in: try folder())
  }

  @Test(arguments: [
    ([UInt8]("0 1\n2 9\n".utf8), "line 2: example 9 is not one of the training set's 0 … 2"),
    (Array("0 -1\n".utf8), "line 1: example -1 is not one of"),
    (Array("0 1\n\n2\n".utf8), "line 2: holds no example number"),
    (Array("0 one\n".utf8), "line 1: 'one' is not an example number"),
    (Array("0 1\n1 2\n".utf8), "2 lines are too few, the run needs 3"), ([], "is empty"),
    (Array("0 1.5\n".utf8), "'1.5' is not an example number"),
    (Array("99999999999999999999\n".utf8), "is not an example number"),
    ([0, 255, 254, 10], "is not text: it holds the control byte 0x00"),
  ])
  func `as minibatches`(_ bytes: [UInt8], _ text: String) throws {
    let folder = try folder()
    try folder.write("batches", bytes)
    try refuse(
      "run --model mlp:2 --data csv:ok.csv --updates 3 --batches batches", 65, text, in: folder)
  }

  @Test func `as minibatches that cannot be shared evenly`() throws {
    let folder = try folder()
    try folder.write("batches", "0 1\n0 1 2\n")
    try refuse(
      "run --model mlp:2 --data csv:ok.csv --batches batches --workers 2 --decomposition samples",
      65, "line 2: 3 examples cannot be shared evenly by 2 workers", in: folder)
  }

  @Test(arguments: [
    (CommandFolder.numPy([1, 2, 3, 4]), "the file holds 4 parameters, this model has 5"),
    (
      CommandFolder.numPy([1, 2, 3, 4, 5] as [Int64], type: "<i8", shape: "(5,)"),
      "its elements are '<i8'; Lockstep reads '<f4' and '<f8'"
    ),
    (
      CommandFolder.numPy([1, 2, 3, 4, 5] as [Double], type: "<f8", shape: "(5, 1)"),
      "is not one flat array of parameters"
    ),
    (
      CommandFolder.numPy([1, 2, 3, 4] as [Double], type: "<f8", shape: "(5,)"),
      "its shape takes 40 bytes, but 32 follow"
    ),
    (CommandFolder.numPy([1, 2, .nan, 4, 5]), "parameter 2 is not a finite number"),
    (Array(CommandFolder.numPy([1]).prefix(20)), "ends within its header"),
    (Array("1 2 3 4 5\n".utf8), "not a NumPy .npy file"), ([], "not a NumPy .npy file"),
  ])
  func `as first parameters`(_ bytes: [UInt8], _ text: String) throws {
    let folder = try CommandFolder()
    try folder.write("init.npy", bytes)
    try refuse(
      "run --model quadratic:dimension=5 --init init.npy --save out.npy", 65, text, in: folder)
    try refuse(
      "run --engine virtual --model quadratic:dimension=5 --init init.npy", 65, text, in: folder)
  }
}

@Suite(.timeLimit(.minutes(15))) struct `Output that cannot be written ends with 73` {
  @Test(arguments: [
    ("--save missing/w.npy", "missing/w.npy: cannot be written (No such file or directory)"),
    ("--save folder", "folder: cannot be written (is a folder)"),
    ("--save /proc/w.npy", "/proc/w.npy: cannot be written"),
    ("--save file/w.npy", "file/w.npy: cannot be written (Not a directory)"),
    ("--out file", "file: cannot be written (is a file, not a folder)"),
    ("--out file/results", "file/results: cannot be written"),
    ("--out /proc/results", "/proc/results: cannot be written"),
    ("--out /proc", "/proc: cannot be written"),
    ("--save w --trace ./w", "./w: cannot be written (--save and --trace go to this one file"),
    ("--save link/w --calibrate folder/w", "(--save and --calibrate go to this one file"),
    ("--save folder/record.json --out folder", "(--save and --out go to this one file"),
    ("--trace folder/loss.csv --out folder", "(--trace and --out go to this one file"),
  ])
  func `before anything is computed`(_ options: String, _ text: String) throws {
    let folder = try CommandFolder()
    try folder.write("file", "")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/folder", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "folder")
    // It would take days.
    try refuse("run --model quadratic --updates 1000000000000 \(options)", 73, text, in: folder)
  }

  @Test(arguments: [
    "run --model quadratic --updates 4", "run --model quadratic --updates 4 --json", "topology",
    "topology --json",
  ])
  func `as standard output`(_ typed: String) throws {
    let result = try lockstep(
      typed.split(separator: " ").map(String.init), output: "/dev/full")
    #expect(result.code == 73)
    #expect(
      result.errors
        == "lockstep: standard output: cannot be written (No space left on device)\n")
  }

  @Test func `once the folder has gone, without leaving half a file`() throws {
    let folder = try CommandFolder()
    let process = try LockstepProcess(
      ["run", "--model", "quadratic", "--updates", "1000000000000", "--out", "o"],
      in: folder.path, terminal: true)
    try process.waitForErrors(toContain: " updates")
    try FileManager.default.removeItem(atPath: folder.path + "/o")
    try folder.write("o", "in the way")
    process.send(SIGINT)
    let result = try process.finish()
    #expect(result.code == 73)
    #expect(result.errors.contains("lockstep: o/record.json: cannot be written"))
    #expect(folder.names == ["o"])
  }
}
