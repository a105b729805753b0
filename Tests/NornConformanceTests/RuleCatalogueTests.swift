import NornConformance
import Testing

@Suite struct RuleCatalogueTests {
    @Test func numbersAreUniqueAndAscend() {
        let numbers = Rule.all.map(\.number)
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers == numbers.sorted())
        #expect(Set(Rule.all.map(\.group)) == Set(Rule.Group.allCases))
    }

    @Test func everyRuleSaysWhatHoldsAndHowToMendIt() {
        for rule in Rule.all {
            #expect(!rule.title.isEmpty && !rule.title.hasSuffix("."), "\(rule.number)")
            #expect(rule.remedy.hasSuffix("."), "\(rule.number)")
        }
    }
}
