import Lockstep

/// What came of a study, for people.
struct StudyReport {
  let text: String

  init(_ title: String, _ result: StudyResult) {
    var text = title + "\n\n" + ClaimTable(result).text
    if let ranking = result.ranking { text += "\n" + RankingTable(ranking).text }
    if let page = result.page { text += "\(page) shows the figures\n" }
    self.text = text
  }
}
