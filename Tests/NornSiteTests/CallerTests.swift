import Foundation
import NornFlow
import NornManifest
import NornStore
import Testing

@testable import NornSite

@Suite struct CallerTests {
    private static let administrator = Caller(submitter: "root", parties: [], rights: [.admin])

    @Test func nobodyMakesATokenForMorePartiesThanTheirOwn() async throws {
        let office = TokenOffice(store: try SQLiteStore.inMemory())
        let limited = Caller(submitter: "ada", parties: ["9999", "9998"], rights: [.admin])
        await #expect(throws: SiteError.self) {
            try await office.create(submitter: "b", parties: ["9999", "10000"], rights: [.read], by: limited)
        }
        for parties in [nil, []] as [[String]?] {
            let token = try await office.create(submitter: "b", parties: parties, rights: [.read], by: limited)
            #expect(token.parties == limited.parties)
        }
        let narrow = try await office.create(submitter: "b", parties: ["9998"], rights: [.read], by: limited)
        #expect(narrow.parties == ["9998"])
    }

    @Test func aTokenIsKnownUntilItIsRevoked() async throws {
        let office = TokenOffice(store: try SQLiteStore.inMemory())
        let token = try await office.create(
            submitter: "ada", parties: ["9999"], rights: [.read], by: Self.administrator)
        let secret = try #require(token.secret)
        let caller = try #require(try await office.caller(secret: secret))
        #expect(caller == Caller(submitter: "ada", parties: ["9999"], rights: [.read]))
        #expect(try await office.list().allSatisfy { $0.secret == nil })
        try await office.revoke(token.id)
        #expect(try await office.caller(secret: secret) == nil)
        await #expect(throws: SiteError.self) { try await office.revoke(token.id) }
    }

    @Test func theStoreNeverHoldsASecret() async throws {
        let store = try SQLiteStore.inMemory()
        let secret = try #require(
            try await TokenOffice(store: store).create(
                submitter: "ada", parties: [], rights: [.admin], by: Self.administrator
            ).secret)
        for token in try await store.tokens() { #expect(!"\(token)".contains(secret)) }
    }

    @Test func anAdministratorMayDoEverythingAndOthersWhatTheyWereGiven() {
        let administrator = Caller(submitter: "a", parties: [], rights: [.admin])
        let reader = Caller(submitter: "b", parties: ["9999"], rights: [.read])
        #expect(Right.allCases.allSatisfy { administrator.may($0) })
        #expect(Right.allCases.filter { reader.may($0) } == [.read])
        #expect(administrator.mayActFor("10000"))
        #expect(!reader.mayActFor("10000"))
        #expect(throws: SiteError.self) { try reader.requireParty("10000") }
    }

    @Test func aTokenNeedsASubmitterAndARight() async throws {
        let office = TokenOffice(store: try SQLiteStore.inMemory())
        await #expect(throws: SiteError.self) {
            try await office.create(submitter: "", parties: [], rights: [.read], by: Self.administrator)
        }
        await #expect(throws: SiteError.self) {
            try await office.create(submitter: "a", parties: [], rights: [], by: Self.administrator)
        }
    }
}

/// A token of one party learns nothing of another's through the event log or the progress.
@Suite struct EventPagesTests {
    @Test func aLimitedCallerSeesItsOwnPartiesAndTheJobPastPagesOfOthers() async throws {
        let store = try SQLiteStore.inMemory()
        var entries = (0..<5).map { number in
            LogEntry(job: "j", subject: .worker, party: Party(role: .host, id: "10000"), attempt: number, to: "running")
        }
        entries.append(LogEntry(job: "j", subject: .worker, party: Party(role: .guest, id: "9999"), to: "running"))
        entries.append(LogEntry(job: "j", subject: .job, to: "success"))
        var commit = Commit()
        commit.events = try entries.map {
            NewEvent(job: "j", kind: $0.subject.rawValue, payload: try JSONEncoder().encode($0), time: 1)
        }
        let stored = try await store.commit(commit)
        let pages = EventPages(store: store)
        let limited = Caller(submitter: "ada", parties: ["9999"], rights: [.read])
        let first = try await pages.next(after: 0, job: "j", limit: 2, limited)
        #expect(first.map(\.sequence) == [stored[5].sequence])
        let second = try await pages.next(after: stored[5].sequence, job: "j", limit: 2, limited)
        #expect(second.map(\.kind) == ["job"])
        #expect(try await pages.next(after: stored[6].sequence, job: "j", limit: 2, limited).isEmpty)
        #expect(try await pages.next(after: 0, job: "j", limit: 100, .site).count == 7)
    }

    @Test func progressOfOtherPartiesIsLeftOut() {
        let board = ProgressBoard()
        for (role, party) in [("guest", "9999"), ("host", "10000")] {
            let key = ProgressBoard.key(job: "j", task: "t", role: role, party: party)
            board.set(key, ProgressView(done: 1, total: 2, text: "of \(party)"))
        }
        let limited = board.text(job: "j", Caller(submitter: "ada", parties: ["9999"], rights: [.read]))
        #expect(limited.contains("of 9999") && !limited.contains("10000"))
        #expect(board.text(job: "j", .site).contains("of 10000"))
    }
}

@Suite struct LogTests {
    @Test func aFullLogIsRotatedAndTheOldestGoes() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-log-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let log = try RotatingLog(folder.appending(path: "a.log"), megabytes: 1, filesKept: 2)
        let line = String(repeating: "x", count: 100_000)
        for _ in 0..<45 { log.write(line: line) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["a.log", "a.log.1", "a.log.2"])
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.appending(path: name).path)
            let size = try #require(attributes[.size] as? Int)
            #expect(size <= 1_048_576)
        }
    }

    @Test func jobIdsAreTwentyTwoDigitsAndDoNotRepeat() {
        let ids = (0..<20_000).map { _ in FreshID.job() }
        #expect(ids.allSatisfy { $0.count == 22 && $0.allSatisfy(\.isNumber) })
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
    }
}
