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

  @Test(arguments: BundledStudies.names, PlanVariant.allCases)
  func `every claim is about some of its study's runs`(name: String, variant: PlanVariant) throws {
    let study = try Study(
      yaml: #require(BundledStudies.yaml(of: name)), path: name, variant: variant)
    let runs = try study.plan.runs().all
    for claim in study.claims {
      for filter in claim.filters {
        for value in filter.values {
          let matching = runs.contains { run in
            (claim.parts.isEmpty || run.part.map(claim.parts.contains) == true)
              && run.axes[filter.axis].map { $0.spelling == value } ?? true
          }
          #expect(matching, "\(claim.id): no run has \(filter.axis) \(value)")
        }
      }
      for part in claim.parts { #expect(runs.contains { $0.part == part }, "\(claim.id): \(part)") }
    }
  }
}
