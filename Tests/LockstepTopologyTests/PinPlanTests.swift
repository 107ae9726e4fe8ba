import LockstepCore
import LockstepTopology
import Testing

@Suite struct PinPlanTests {
  @Test(arguments: [
    ("none", PinPlan.Rule.none), ("compact", .compact), ("scatter", .scatter), ("cores", .cores),
    ("sockets", .sockets), ("numa", .numa), ("core:0-3", .coreList([0, 1, 2, 3])),
    ("pu:0,2", .processingUnitList([0, 2])), ("os:0-3,8", .osList([0, 1, 2, 3, 8])),
    ("os:8,0-1", .osList([8, 0, 1])), ("core:5", .coreList([5])), ("0x1", .mask([0])),
    ("0xF1", .mask([0, 4, 5, 6, 7])), ("0X10", .mask([4])), ("0x0005", .mask([0, 2])),
    ("0x10000000000000000", .mask([64])), ("0x00000003,0x00000001", .mask([0, 32, 33])),
    ("0x1,,80000000", .mask([31, 64])), ("0x1,0x1", .mask([0, 32])),
  ])
  func `every form is read`(text: String, rule: PinPlan.Rule) throws {
    let plan = try PinPlan(text)
    #expect(plan.rule == rule)
    #expect(plan.specification == text)
  }

  @Test func `a mask may be as long as it likes`() throws {
    let plan = try PinPlan("0x8" + String(repeating: "0", count: 999) + "1")
    #expect(plan.rule == .mask([0, 4003]))
  }

  @Test(arguments: [
    ("core:", "nothing follows the ':'"), ("core", "write core:LIST, for example core:0-3"),
    ("pu:0,,1", "a number is missing beside a ','"), ("pu:,1", "a number is missing beside a ','"),
    ("os:x", "'x' is not a number from 0 to 1048575, nor a range like 0-3"),
    ("os:-1", "'-1' is not a number from 0 to 1048575, nor a range like 0-3"),
    ("os:+1", "'+1' is not a number from 0 to 1048575, nor a range like 0-3"),
    ("os:1-2-3", "'1-2-3' is not a number from 0 to 1048575, nor a range like 0-3"),
    ("os:0-", "'0-' is not a number from 0 to 1048575, nor a range like 0-3"),
    (
      "os:0-99999999999999999999",
      "'0-99999999999999999999' is not a number from 0 to 1048575, nor a range like 0-3"
    ),
    ("os:٣", "'٣' is not a number from 0 to 1048575, nor a range like 0-3"),
    ("core:3-0", "the range 3-0 runs backwards"), ("core:0-2,1", "1 is given twice"),
    ("pu:4,4", "4 is given twice"), ("0x", "'0x' is not a hexadecimal number"),
    ("0xfg", "'0xfg' is not a hexadecimal number"), ("0x0", "the mask is empty"),
    ("0x-1", "'0x-1' is not a hexadecimal number"),
    ("0x1,0x", "'0x' is not a hexadecimal number"),
    ("0x1,0x123456789", "'0x123456789' has more than the 32 bits of a group between commas"),
    ("none:3", "none takes no list"), ("cores:0-3", "cores takes no list; did you mean core:LIST?"),
    (
      "0-3",
      "write core:LIST or pu:LIST for logical numbers, os:LIST for the system's, or a mask that "
        + "starts with 0x"
    ),
  ])
  func `a form that can't be read says why`(text: String, reason: String) {
    #expect(throws: ConfigurationError.invalid(option: "--pin", value: text, reason: reason)) {
      try PinPlan(text)
    }
  }

  @Test(arguments: [
    ("compakt", "compact"), ("socket", "sockets"), ("Scatter", "scatter"), ("cpu:0", "pu:LIST"),
    ("cor:0-3", "core:LIST"), ("everywhere", nil), ("", nil),
  ])
  func `an unknown name brings the nearest one`(text: String, nearest: String?) {
    #expect(
      throws: ConfigurationError.unknown(
        option: "--pin", value: text, choices: PinPlan.forms, nearest: nearest)
    ) { try PinPlan(text) }
  }
}
