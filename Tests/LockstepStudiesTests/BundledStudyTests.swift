import Testing

@testable import LockstepStudies

struct BundledStudyTests {
  @Test(arguments: BundledStudies.names, PlanVariant.allCases)
  func `every bundled study can be read, has claims, and all of its runs are valid`(
    name: String, variant: PlanVariant
  ) throws {
    let study = try Study(
      yaml: #require(BundledStudies.yaml(of: name)), path: name, variant: variant)
    #expect(study.name == name)
    #expect(!study.claims.isEmpty)
    #expect(try !study.plan.runs().distinct.isEmpty)
  }
}
