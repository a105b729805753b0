import Foundation
import NornFlow
import NornStore
import Testing

@testable import NornSite

/// The heart's rows come back as they were, from today's coding and from that of earlier releases.
@Suite struct RowCodingTests {
    private struct Everything: Codable, Equatable {
        enum Choice: Codable, Equatable {
            case none
            case pair(Int, name: String)
        }

        var flag = true
        var small: Int8 = -128
        var least = Int64.min
        var most = UInt64.max
        var zero = 0
        var part = -0.1
        var whole = 3.0
        var text = "π, \"quoted\", \u{0}"
        var empty = ""
        var missing: String?
        var choices: [Choice] = [.none, .pair(7, name: "seven")]
        var numbers = [0, 23, 24, 255, 256, 65_535, 65_536, -1, -24, -25]
        var parties = [Party(role: .guest, id: "9999"): [1: "one"]]
        var nothing: [String: Int] = [:]
        var long = Array(repeating: "x", count: 300)
    }

    @Test func everyKindOfValueComesBack() throws {
        let value = Everything()
        #expect(try RowDecoder.decode(Everything.self, from: RowEncoder.encode(value)) == value)
    }

    @Test func parametersKeepTheirTypes() throws {
        let text = #"{"a": 1, "b": 1.5, "c": "1", "d": [true, null, {"e": -2}], "f": {}}"#
        let value = try JSONDecoder().decode([String: ParameterValue].self, from: Data(text.utf8))
        #expect(try RowDecoder.decode([String: ParameterValue].self, from: RowEncoder.encode(value)) == value)
    }

    /// A job half way: some tasks done, one running.
    private static func rows() throws -> (Coordinator, [Member]) {
        let rows = HeartRows(site: "s")
        let now = Instant(milliseconds: 1)
        let job = HeartUnderTest.job("1", tasks: 4)
        rows.ledger = Ledger(
            site: "s", capacity: ["local": Resources(cores: 4)], policy: LedgerPolicy(), members: [Member](), at: now)
        func step(_ inputs: HeartDriver.Input...) {
            var step = HeartStep(rows: rows, fence: 1, now: now, isLocal: { _ in true }) { $0.id }
            step.run(inputs)
            step.apply()
        }
        step(.submit(job))
        let key = MemberKey(job: "1", party: job.initiator)
        let needs = Dictionary(uniqueKeysWithValues: job.tasks.map { ($0.name, Resources(cores: 1)) })
        let terms = Member.Terms(engine: "local", needs: needs, capacity: Resources(cores: 4))
        step(.member(key, .checked(.accepted(terms))))
        step(.member(key, .attemptStarted(task: "task_0", number: 0)))
        step(.member(key, .attemptEnded(task: "task_0", number: 0, .success)))
        return (try #require(rows.coordinators["1"]).value, rows.members(of: "1"))
    }

    @Test func theHeartsRowsComeBack() throws {
        let (coordinator, members) = try Self.rows()
        #expect(coordinator.tasks["task_0"]?.status == .success)
        #expect(try RowDecoder.decode(Coordinator.self, from: RowEncoder.encode(coordinator)) == coordinator)
        let member = try #require(members.first)
        #expect(try RowDecoder.decode(Member.self, from: RowEncoder.encode(member)) == member)
    }

    @Test func aRowOfJSONIsReadAndBecomesTodays() async throws {
        let store: any Store = try SQLiteStore.inMemory()
        let (coordinator, _) = try Self.rows()
        var commit = Commit()
        commit.writes = [
            AggregateWrite(
                kind: HeartRows.Kind.coordinator.rawValue, id: "1", expected: nil,
                payload: try JSONEncoder().encode(coordinator))
        ]
        try await store.commit(commit)
        #expect(try await HeartRows.coordinator("1", in: store)?.value == coordinator)
        let driver = HeartUnderTest.driver(store)
        try await driver.recover(capacity: ["local": Resources(cores: 4)])
        let row = try #require(try await store.aggregate(kind: HeartRows.Kind.coordinator.rawValue, id: "1"))
        #expect(row.payload.first != UInt8(ascii: "{"))
        #expect(try await HeartRows.coordinator("1", in: store)?.value.fence ?? 0 > coordinator.fence)
    }

    @Test func aRowThatIsNotWholeIsRefused() throws {
        let bytes = try RowEncoder.encode(Everything())
        for count in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: DecodingError.self) { try RowDecoder.decode(Everything.self, from: bytes.prefix(count)) }
        }
        #expect(throws: DecodingError.self) { try RowDecoder.decode(Everything.self, from: bytes + [0]) }
    }
}
