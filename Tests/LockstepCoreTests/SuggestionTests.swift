import LockstepCore
import Testing

@Suite struct `Suggestions` {
  @Test(arguments: [
    ("mpl", "mlp"), ("sdg", "sgd"), ("barier", "barrier"), ("Hogwild!", "hogwild"),
    ("lokced", "locked"),
  ])
  func `forgive a slip, swapped letters included`(_ text: String, _ name: String) {
    let names = ["mlp", "sgd", "barrier", "hogwild", "locked"]
    #expect(Suggestion.nearest(to: text, among: names) == name)
  }

  @Test func `are not made for something else`() {
    #expect(Suggestion.nearest(to: "nonsense", among: ["mlp", "sgd"]) == nil)
    #expect(Suggestion.nearest(to: "", among: []) == nil)
  }
}
