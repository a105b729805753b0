import Foundation
import NornFlow
import NornManifest
import NornStore
import NornWorkers
import Testing

@testable import NornSite

/// What a site says of a job for one of its parties.
@Suite struct JobRulesTests {
    static let guest = Party(role: .guest, id: "9999")
    static let host = Party(role: .host, id: "10000")
    static let arbiter = Party(role: .arbiter, id: "10000")

    /// The data components as they are shipped, without a library behind them.
    private static func shelf() throws -> PluginShelf {
        let root = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "components/data/manifest.json"), encoding: .utf8)
        let engine = try String(contentsOf: root.appending(path: "Plugins/standalone/manifest.json"), encoding: .utf8)
        var shelf = PluginShelf.Contents()
        shelf.catalogue = Catalogue(manifests: [try Manifest.decode(text).manifest])
        for declaration in try Manifest.decode(engine).manifest.engines {
            shelf.engines[declaration.name] = PluginShelf.Engine(
                declaration: declaration, pluginID: "norn.engine.standalone", pluginVersion: "0.1.0")
        }
        shelf.libraries[""] = PluginLibrary(path: "/none", digest: [])
        return PluginShelf(shelf)
    }

    private static func rules(_ store: any Store, _ settings: SiteSettings = SiteSettings()) throws -> JobRules {
        JobRules(
            store: store, shelf: try shelf(), settings: settings,
            capacity: Resources(cores: 4, memoryBytes: 1 << 34, workingNodes: 8),
            quarantine: Quarantine(settings: settings.quarantine, store: store),
            models: ModelRules(registry: ModelRegistry(store: store, home: SiteHome(root: URL(filePath: "/none"))))
        ) { $0 == host || $0 == arbiter }
    }

    /// A store with a table of the host.
    private static func store(grants: [TableGrant] = []) async throws -> any Store {
        let store = try SQLiteStore.inMemory()
        _ = try await store.putTable(
            TableRecord(
                namespace: "example", name: "t", sealed: "s", engine: "standalone", path: "/s", schema: Data(),
                rows: 10,
                partitions: 1, owner: "10000", created: 1))
        for grant in grants { try await store.putGrant(grant) }
        return store
    }

    private static func job(
        initiator: Party = guest, table: ParameterValue = ["namespace": "example", "name": "t"], engine: String? = nil,
        module: String = "Reader"
    ) -> Job {
        var parameters = JobParameters()
        parameters.engine = engine
        return Job(
            id: "1", initiator: initiator, parties: [guest, host],
            tasks: [
                JobTask(name: "reader_0", module: module, parties: [host], parameters: [host: ["table": table]])
            ], parameters: parameters)
    }

    private static func grant(_ components: [String]? = nil) -> TableGrant {
        TableGrant(namespace: "example", name: "t", partner: "9999", components: components, created: 1)
    }

    @Test func aPartnersJobWithoutAGrantWaitsForAPerson() async throws {
        let verdict = try await Self.rules(Self.store()).check(Self.host, Self.job(), trusted: false)
        guard case .waitingForApproval(_, let reason) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(reason.contains("example/t") && reason.contains("guest:9999"))
    }

    /// A partner does not learn which tables there are.
    @Test func aPartnerCannotTellATableThatIsNotThereFromOneThatIsNotGranted() async throws {
        let rules = try await Self.rules(Self.store())
        let missing = Self.job(table: ["namespace": "example", "name": "none"])
        let forTheMissing = try await rules.check(Self.host, missing, trusted: false)
        let forTheClosed = try await rules.check(Self.host, Self.job(), trusted: false)
        guard case .waitingForApproval(let missingTerms, let missingReason) = forTheMissing,
            case .waitingForApproval(let closedTerms, let closedReason) = forTheClosed
        else {
            Issue.record("\(forTheMissing), \(forTheClosed)")
            return
        }
        #expect(missingTerms == closedTerms)
        #expect(missingReason.replacing("example/none", with: "example/t") == closedReason)
    }

    @Test func aGrantAnOwnJobOrAnOwnSubmitterNeedNobody() async throws {
        let granted = try await Self.rules(Self.store(grants: [Self.grant()]))
        #expect(Self.isAccepted(try await granted.check(Self.host, Self.job(), trusted: false)))
        let closed = try await Self.rules(Self.store())
        #expect(Self.isAccepted(try await closed.check(Self.host, Self.job(initiator: Self.host), trusted: false)))
        #expect(Self.isAccepted(try await closed.check(Self.host, Self.job(), trusted: true)))
    }

    @Test func aGrantForSomeComponentsCoversNoOthers() async throws {
        let narrow = try await Self.rules(Self.store(grants: [Self.grant(["DataTransform"])]))
        #expect(!Self.isAccepted(try await narrow.check(Self.host, Self.job(), trusted: false)))
        let wide = try await Self.rules(Self.store(grants: [Self.grant(["Reader", "DataTransform"])]))
        #expect(Self.isAccepted(try await wide.check(Self.host, Self.job(), trusted: false)))
    }

    @Test(arguments: [
        ["namespace": "example", "name": "none"] as ParameterValue, ["name": "t"], .null, "example/t",
    ])
    func aTableThatIsNotThereIsRefusedByItsField(table: ParameterValue) async throws {
        let verdict = try await Self.rules(Self.store()).check(Self.host, Self.job(table: table), trusted: true)
        guard case .refused(let failure) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(failure.field == "conf.component_parameters.role.host.reader_0.table")
        #expect(failure.party == Self.host)
    }

    @Test func anotherPartysTableIsNotThere() async throws {
        let store = try await Self.store()
        let job = Job(
            id: "1", initiator: Self.guest, parties: [Self.guest],
            tasks: [
                JobTask(
                    name: "reader_0", module: "Reader", parties: [Self.guest],
                    parameters: [Self.guest: ["table": ["namespace": "example", "name": "t"]]])
            ])
        let verdict = try await Self.rules(store).check(Self.guest, job, trusted: true)
        guard case .refused = verdict else {
            Issue.record("\(verdict)")
            return
        }
    }

    /// Also by another name, and whoever else submits them: they read and write files of the site.
    @Test(arguments: ["Upload", "Download", "upload", "download"])
    func onlyTheSiteItselfRunsUploadAndDownload(module: String) async throws {
        let rules = try await Self.rules(Self.store())
        let job = Self.job(initiator: Self.host, module: module)
        guard case .refused(let failure) = try await rules.check(Self.host, job, trusted: true) else {
            Issue.record("\(module) was taken")
            return
        }
        #expect(failure.task == "reader_0")
        if module == "Download" {
            #expect(Self.isAccepted(try await rules.check(Self.host, job, trusted: true, isOfSite: true)))
        }
    }

    @Test func anUnknownEngineOrComponentIsRefused() async throws {
        let rules = try await Self.rules(Self.store())
        for job in [Self.job(engine: "spark"), Self.job(module: "Raeder")] {
            guard case .refused = try await rules.check(Self.host, job, trusted: true) else {
                Issue.record("\(job)")
                return
            }
        }
    }

    /// A member of the host as the heart left it, and what its attempt may read.
    private static func readings(
        _ store: any Store, _ events: Member.Event...
    ) async throws -> (TableReadings, NornFlow.AttemptIdentity) {
        let now = Instant(milliseconds: 1)
        var coordinator = Coordinator(job: job(), fence: 1, at: now)
        let sent = coordinator.step(.submitted, at: now).compactMap { effect in
            if case .send(.orders(let orders)) = effect, orders.to == host { orders } else { nil }
        }
        let orders = try #require(sent.last)
        var member = try #require(Member(for: orders, site: "s", epoch: 1, at: now))
        for event in [.orders(orders)] + events { _ = member.step(event, at: now) }
        var commit = Commit()
        commit.writes = [
            AggregateWrite(
                kind: HeartRows.Kind.member.rawValue, id: member.key.description, expected: nil,
                payload: try JSONEncoder().encode(member))
        ]
        try await store.commit(commit)
        let trusted = TrustedSubmissions(store: store) { _ in false }
        let readings = TableReadings(store: store, rules: try rules(store), trusted: trusted)
        return (readings, NornFlow.AttemptIdentity(job: "1", task: "reader_0", number: 0, party: host))
    }

    @Test func aGrantThatWasTakenBackStopsAttemptsOfJobsThatItLetIn() async throws {
        let store = try await Self.store(grants: [Self.grant()])
        let terms = Member.Terms(engine: "standalone", needs: [:], capacity: .none)
        let (readings, attempt) = try await Self.readings(store, .checked(.accepted(terms)))
        #expect(try await readings.table(of: attempt).name == "t")
        #expect(try await store.removeGrant(namespace: "example", name: "t", partner: "9999"))
        await #expect(throws: SiteError.self) { try await readings.table(of: attempt) }
    }

    @Test func aPersonsYesNeedsNoGrantButAGrantsYesDoes() async throws {
        let terms = Member.Terms(engine: "standalone", needs: [:], capacity: .none)
        let waiting = Member.Event.checked(.waitingForApproval(terms, reason: "no grant"))
        let (byPerson, attempt) = try await Self.readings(Self.store(), waiting, .approved(by: "ada"))
        #expect(try await byPerson.table(of: attempt).name == "t")
        let (byGrant, same) = try await Self.readings(Self.store(), waiting, .granted)
        await #expect(throws: SiteError.self) { try await byGrant.table(of: same) }
    }

    // MARK: Rules of the settings

    private static func ruled(_ rules: String, grants: [TableGrant] = []) async throws -> JobRules {
        let settings = try SiteSettings.parse("approval: {rules: \(rules)}")
        return try Self.rules(await store(grants: grants), settings)
    }

    private enum Word: Equatable { case accepted, asked, refused }

    private static func word(_ verdict: Member.Verdict) -> Word {
        switch verdict {
        case .accepted: .accepted
        case .waitingForApproval: .asked
        case .refused: .refused
        }
    }

    @Test(
        arguments: [
            ("[{partner: 9999, decision: automatic}]", Word.accepted),
            ("[{partner: 8888, decision: automatic}]", .asked),
            ("[{tables: [example/t], decision: automatic}]", .accepted),
            ("[{tables: ['*/t'], components: [Reader], decision: automatic}]", .accepted),
            ("[{tables: ['example/*'], components: [Intersection], decision: automatic}]", .asked),
            ("[{tables: [other/t], decision: refuse}]", .asked),
            ("[{components: [Reader], decision: refuse}]", .refused),
            ("[{components: [Reader], decision: ask}, {decision: refuse}]", .asked),
            ("[{decision: refuse}, {decision: automatic}]", .refused),
        ] as [(String, Word)])
    private func theFirstRuleThatFitsDecides(rules: String, word: Word) async throws {
        let verdict = try await Self.ruled(rules).check(Self.host, Self.job(), trusted: false)
        #expect(Self.word(verdict) == word, "\(verdict)")
        // Own people need no rule.
        let own = try await Self.ruled(rules).check(Self.host, Self.job(), trusted: true)
        #expect(Self.word(own) == .accepted)
    }

    @Test func aRuleThatAsksIsStrongerThanAGrantAndOneThatLetsGoNeedsATable() async throws {
        let asking = try await Self.ruled("[{decision: ask}]", grants: [Self.grant()])
        let asked = try await asking.check(Self.host, Self.job(), trusted: false)
        guard case .waitingForApproval(_, let reason) = asked else {
            Issue.record("\(asked)")
            return
        }
        #expect(reason.contains("host:10000") && reason.contains("Reader") && reason.contains("example/t"))
        let open = try await Self.ruled("[{decision: automatic}]")
        let none = Self.job(table: ["namespace": "example", "name": "none"])
        #expect(Self.word(try await open.check(Self.host, none, trusted: false)) == .refused)
    }

    /// A party that reads no table is asked for its components; a rule over tables does not speak of it.
    @Test func aJobThatReadsNoTableHereIsDecidedByItsComponents() async throws {
        let job = Self.job(module: "DataTransform")
        func word(_ rules: String) async throws -> Word {
            Self.word(try await Self.ruled(rules).check(Self.host, job, trusted: false))
        }
        #expect(try await word("[]") == .accepted)
        #expect(try await word("[{components: [DataTransform], decision: ask}]") == .asked)
        #expect(try await word("[{components: [DataTransform], decision: refuse}]") == .refused)
        #expect(try await word("[{tables: ['*/*'], decision: refuse}]") == .accepted)
    }

    // MARK: What can never be granted

    private static func limited(_ limits: String, _ job: Job) async throws -> Failure? {
        let settings = try SiteSettings.parse("scheduling: {limits: \(limits)}")
        let verdict = try await rules(store(), settings).check(host, job, trusted: true)
        if case .refused(let failure) = verdict { return failure }
        return nil
    }

    @Test func coresBeyondALimitAreRefusedWithBothNumbers() async throws {
        var job = Self.job()
        job.parameters.sizes.taskCores = 3
        #expect(try await Self.limited("[{partner: 9999, cores: 3}]", job) == nil)
        #expect(try await Self.limited("[{partner: 8888, cores: 1}]", job) == nil)
        let limits = "[{partner: 8888, cores: 1}, {partner: 9999, cores: 2}]"
        let failure = try #require(try await Self.limited(limits, job))
        #expect(failure.code == .neverGrantable && failure.party == Self.host)
        #expect(failure.field == "conf.job_parameters.common.task_cores")
        #expect(failure.what.contains("3 cores") && failure.what.contains("jobs of partner 9999 2 at once"))
        #expect(failure.advice.contains("scheduling.limits[1].cores"))
        job.parameters.partySizes[Self.host] = JobSizes(taskCores: 4)
        let own = try await Self.limited("[{partner: '*', cores: 2}]", job)
        #expect(own?.field == "conf.job_parameters.role.host.0.task_cores")
    }

    /// What a job holds at a site for several parties is held together.
    @Test func partiesOfOneSiteAreCountedTogether() async throws {
        var job = Self.job()
        job.parties.append(Self.arbiter)
        job.tasks.append(JobTask(name: "transform_0", module: "DataTransform", parties: [Self.arbiter]))
        job.parameters.partySizes = [Self.host: JobSizes(taskCores: 2), Self.arbiter: JobSizes(taskCores: 2)]
        #expect(try await Self.limited("[{partner: 9999, cores: 4}]", job) == nil)
        let failure = try #require(try await Self.limited("[{partner: 9999, cores: 3}]", job))
        #expect(failure.what.contains("4 cores") && failure.what.contains("host:10000, arbiter:10000"))
        // The site lends 4 in all.
        job.parameters.partySizes[Self.arbiter] = JobSizes(taskCores: 3)
        let large = try #require(try await Self.limited("[]", job))
        #expect(large.code == .neverGrantable && large.what.contains("5 cores"), "\(large)")
    }

    private static func isAccepted(_ verdict: Member.Verdict) -> Bool {
        if case .accepted = verdict { true } else { false }
    }
}

@Suite struct SeriesTests {
    private static func record(_ points: String, task: String = "lr_0") -> TrackingRecord {
        TrackingRecord(
            job: "1", task: task, attempt: 0, role: "guest", party: "9999", kind: .metric, name: "loss",
            payload: Data(#"{"namespace":"train","name":"loss","type":"LOSS","points":\#(points)}"#.utf8), time: 1)
    }

    @Test func pointsOfOneSeriesAreJoinedInTheirOrder() {
        let views = JobViews.metrics([
            Self.record("[[0,1.5]]"), Self.record("[[0,9]]", task: "lr_1"), Self.record("[[1,0.5],[2,0.25]]"),
        ])
        #expect(views.map(\.task) == ["lr_0", "lr_1"])
        #expect(views[0].value["points"] == [[0, 1.5], [1, 0.5], [2, 0.25]])
    }
}
