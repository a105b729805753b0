import Foundation
import GRDB
import Testing

@testable import NornStore

/// The audit log shows what was done to it.
@Suite struct AuditTests {
    private static func entries(_ count: Int) -> [NewAuditEntry] {
        (1...count).map { number in
            NewAuditEntry(
                time: Int64(number), kind: .runStarted, actor: "alice", job: "j\(number % 2)", party: "guest:9999",
                subject: "HeteroLR", digest: "ab", text: "attempt \(number)")
        }
    }

    private static func damaged(_ statements: String...) async throws -> AuditChain {
        let store = try SQLiteStore.inMemory()
        try await store.appendAudit(entries(9))
        try await store.database.write { database in
            for trigger in ["auditNeverChanges", "auditNeverShrinks"] {
                try database.execute(sql: "DROP TRIGGER \(trigger)")
            }
            for statement in statements { try database.execute(sql: statement) }
        }
        return try await store.verifyAudit()
    }

    @Test(arguments: StoreConformance.Kind.allCases) func everyStoreKeepsAChain(
        kind: StoreConformance.Kind
    ) async throws {
        let store = try await kind.make()
        #expect(try await store.verifyAudit().flaw == nil)
        #expect(try await store.auditHead() == .none)
        try await store.appendAudit(Self.entries(3))
        var commit = Commit()
        commit.audit = Self.entries(2)
        try await store.commit(commit)
        let all = try await store.audit(AuditQuery(limit: 100))
        #expect(all.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(all[1].previous == all[0].hash && all[3].previous == all[2].hash)
        #expect(all[0].text == "attempt 1" && all[0].kind == "run_started")
        let chain = try await store.verifyAudit()
        #expect(chain.flaw == nil)
        #expect(chain.last == AuditHead(sequence: 5, hash: all[4].hash))
        #expect(try await store.audit(AuditQuery(after: 1, limit: 100, job: "j1")).map(\.sequence) == [3, 4])
        #expect(try await store.audit(AuditQuery(limit: 1, kind: "run_started")).count == 1)
        #expect(try await store.audit(AuditQuery(limit: 9, job: "j1", kind: "job_refused")).isEmpty)
    }

    @Test(arguments: StoreConformance.Kind.allCases) func writersWaitForEachOther(
        kind: StoreConformance.Kind
    ) async throws {
        let store = try await kind.make()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var commit = Commit()
                    commit.audit = Self.entries(2)
                    commit.events = [NewEvent(job: "j", kind: "job", payload: Data(), time: 1)]
                    try await store.commit(commit)
                    try await store.appendAudit(Self.entries(1))
                }
            }
            try await group.waitForAll()
        }
        let chain = try await store.verifyAudit()
        #expect(chain.flaw == nil)
        #expect(chain.last.sequence == 24)
    }

    @Test func theDatabaseRefusesChanges() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.appendAudit(Self.entries(2))
        for statement in ["UPDATE audit SET text = 'x'", "DELETE FROM audit"] {
            await #expect(throws: DatabaseError.self) {
                try await store.database.write { try $0.execute(sql: statement) }
            }
        }
        #expect(try await store.verifyAudit().flaw == nil)
    }

    @Test func aChangedEntryIsFound() async throws {
        #expect(
            try await Self.damaged("UPDATE audit SET actor = 'bob' WHERE sequence = 4").flaw == .changed(sequence: 4))
        #expect(try await Self.damaged("UPDATE audit SET time = 0 WHERE sequence = 1").flaw == .changed(sequence: 1))
        #expect(
            try await Self.damaged("UPDATE audit SET hash = replace(hash, 'a', 'b') WHERE sequence = 9").flaw
                == .changed(sequence: 9))
    }

    @Test func aRemovedEntryIsFound() async throws {
        #expect(
            try await Self.damaged("DELETE FROM audit WHERE sequence IN (4, 5)").flaw == .removed(first: 4, last: 5))
        #expect(try await Self.damaged("DELETE FROM audit WHERE sequence = 1").flaw == .removed(first: 1, last: 1))
        // Also when those behind it close the gap.
        let closed = try await Self.damaged(
            "DELETE FROM audit WHERE sequence = 4", "UPDATE audit SET sequence = -sequence WHERE sequence > 4",
            "UPDATE audit SET sequence = -sequence - 1 WHERE sequence < 0",
            "UPDATE auditHead SET sequence = sequence - 1")
        #expect(closed.flaw == .moved(sequence: 4))
    }

    @Test func aReorderedEntryIsFound() async throws {
        let swapped = try await Self.damaged(
            "UPDATE audit SET sequence = -3 WHERE sequence = 3", "UPDATE audit SET sequence = 3 WHERE sequence = 6",
            "UPDATE audit SET sequence = 6 WHERE sequence = -3")
        #expect(swapped.flaw == .moved(sequence: 3))
    }

    @Test func aCutEndIsFound() async throws {
        #expect(
            try await Self.damaged("DELETE FROM audit WHERE sequence > 7").flaw == .truncated(last: 7, head: 9))
        #expect(try await Self.damaged("DELETE FROM audit").flaw == .truncated(last: 0, head: 9))
    }

    /// Who can write the whole store can also write its mark; a hash that was noted elsewhere tells.
    @Test func aNotedHashFindsANewChain() async throws {
        let store = try SQLiteStore.inMemory()
        try await store.appendAudit(Self.entries(9))
        let noted = try await store.auditHead()
        #expect(try await store.verifyAudit(noted: noted).flaw == nil)
        let forged = try SQLiteStore.inMemory()
        try await forged.appendAudit(Self.entries(8))
        #expect(try await forged.verifyAudit().flaw == nil)
        #expect(try await forged.verifyAudit(noted: noted).flaw == .truncated(last: 8, head: 9))
        try await forged.appendAudit([NewAuditEntry(time: 9, kind: .runEnded, actor: "bob")])
        #expect(try await forged.verifyAudit(noted: noted).flaw == .notAsNoted(sequence: 9))
    }

    @Test func longTextsAreCutAtAWholeCharacter() {
        let entry = NewAuditEntry(
            time: 0, kind: .jobRefused, actor: "a", text: String(repeating: "ü", count: 1000))
        #expect(entry.text.utf8.count <= NewAuditEntry.textBytesMaximum)
        #expect(entry.text == String(repeating: "ü", count: 500))
    }
}
