import Testing

@testable import NornFlow
@testable import NornSite

/// What a partner reads of an error here.
@Suite struct FailureDisclosureTests {
    static let own = Party(role: .host, id: "10000")
    static let other = Party(role: .guest, id: "9999")
    static let secret = "row 7 of column income: 81000"

    static func disclosure(shares: Bool = false) -> FailureDisclosure {
        FailureDisclosure(sharesTexts: shares) { $0.id == own.id }
    }

    static func report(_ failure: Failure) -> Message {
        let job = Job(
            id: "1", initiator: other, parties: [other, own],
            tasks: [JobTask(name: "lr_0", module: "HeteroLR", parties: [own], parameters: [:])],
            parameters: JobParameters())
        var body = Report.Body()
        body.failure = failure
        body.attempts = [Report.Attempt(task: "lr_0", number: 0, status: .failed, failure: failure)]
        return .report(
            Report(
                job: job.id, from: own, to: other, site: "s", epoch: 1, fence: 1, number: 1, acknowledgedOrders: 1,
                heartbeat: 1, needsAnswer: false, body: body))
    }

    private static func failures(_ message: Message) -> [Failure] {
        guard case .report(let report) = message else { return [] }
        return [report.body.failure, report.body.attempts.first?.failure].compactMap(\.self)
    }

    @Test(arguments: [Failure.Code.componentFailed, .workerNotStarted])
    func aComponentsOwnWordsStayHere(code: Failure.Code) {
        let message = Self.report(Failure(code, Self.secret, party: Self.own, task: "lr_0", advice: Self.secret))
        let crossing = Self.failures(Self.disclosure().disclosed(message))
        #expect(crossing.count == 2)
        for failure in crossing {
            #expect(failure.code == code && failure.party == Self.own && failure.task == "lr_0")
            #expect(!"\(failure)".contains("81000"), "\(failure)")
            #expect(failure.what.contains("lr_0") && failure.what.contains("host:10000"))
            #expect(failure.advice == "The log at host:10000 has the text")
        }
    }

    @Test func whatThePlatformSaysCrosses() {
        let failure = Failure(.workerCrashed, "the worker was ended by SIGKILL", party: Self.own, task: "lr_0")
        let crossing = Self.failures(Self.disclosure().disclosed(Self.report(failure)))
        #expect(crossing == [failure, failure])
    }

    @Test func aSiteMayShareItsTexts() {
        let failure = Failure(.componentFailed, Self.secret, party: Self.own, task: "lr_0")
        let crossing = Self.failures(Self.disclosure(shares: true).disclosed(Self.report(failure)))
        #expect(crossing == [failure, failure])
    }

    /// What another site said was its own to disclose.
    @Test func anothersFailureIsPassedOnAsItCame() {
        let failure = Failure(.componentFailed, "it said so itself", party: Self.other, task: "lr_0")
        let crossing = Self.failures(Self.disclosure().disclosed(Self.report(failure)))
        #expect(crossing == [failure, failure])
    }
}
