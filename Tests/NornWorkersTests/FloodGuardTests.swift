import Testing

@testable import NornWorkers

@Suite struct FloodGuardTests {
    @Test func aBurstPassesAndWhatComesAfterWaits() {
        var guarded = FloodGuard(now: 0)
        for _ in 0..<FloodGuard.burst + FloodGuard.debtMaximum - 1 { #expect(guarded.admit(now: 0) == .now) }
        guard case .after(let milliseconds) = guarded.admit(now: 0) else {
            Issue.record("nothing waits")
            return
        }
        #expect(milliseconds == FloodGuard.debtMaximum * 1000 / FloodGuard.perSecond)
        for _ in 0..<FloodGuard.perSecond { #expect(guarded.admit(now: 1000 + milliseconds) == .now) }
    }

    @Test func aWorkerThatKeepsToTheRateIsNeverEnded() {
        var guarded = FloodGuard(now: 0)
        for second in 1...600 {
            for _ in 0..<FloodGuard.perSecond { #expect(guarded.admit(now: second * 1000) == .now) }
        }
    }

    @Test func oneThatFloodsOnIsEnded() {
        var guarded = FloodGuard(now: 0)
        var now = 0
        for call in 1...FloodGuard.burst + FloodGuard.delayedMaximum + 1 {
            switch guarded.admit(now: now) {
            case .now: continue
            case .after(let milliseconds): now += milliseconds
            case .never:
                #expect(call > FloodGuard.burst + FloodGuard.delayedMaximum)
                return
            }
        }
        Issue.record("a flood went on")
    }
}
