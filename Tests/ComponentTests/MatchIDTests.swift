import NornKit
import NornTestHost
import Testing

/// Rows (sample id, match id, value) as DataTransform makes them.
private func matched(_ role: Role, _ id: String, _ rows: [(String, String, Double)]) -> TestParty {
    let schema = TableSchema(
        layout: .float64, header: ["x"], content: .instances, idName: "sid", matchIDName: "id")
    let format = try? InstanceFormat(schema)
    let values = rows.map { sid, match, value in
        (
            Key.text(sid),
            format?.bytes(of: InstanceRow(values: [value], matchID: Array(match.utf8))) ?? []
        )
    }
    return TestParty(role, id, inputs: [.table("data", values, schema: schema)])
}

/// Keys and first values of what a party hands out.
private func rows(_ result: TestResult) async throws -> [String: Double] {
    let instances = try await result.table().instances()
    return Dictionary(uniqueKeysWithValues: zip(instances.ids.map(\.description), instances.features))
}

@Suite struct MatchIDTests {
    private let parties = [
        matched(.guest, "9999", [("g1", "a", 1), ("g2", "b", 2), ("g3", "a", 3), ("g4", "z", 4)]),
        matched(.host, "10000", [("h1", "b", 10), ("h2", "a", 20), ("h3", "c", 30), ("h4", "b", 40)]),
    ]

    @Test(arguments: ["ecdh", "dh", "rsa"]) func rowsGetTheGuestsSampleIDs(method: String) async throws {
        let run = try await intersect(parties, ["intersect_method": .text(method)])
        #expect(run.succeeded, "\(run.failures)")
        #expect(try await rows(run[.guest]) == ["g1": 1, "g2": 2, "g3": 3])
        // Of the host's two rows of b the first counts.
        #expect(try await rows(run[.host]) == ["g1": 20, "g2": 10, "g3": 20])
        #expect(run[.host].log.contains { $0.text.contains("1 match ids have several rows") })
        #expect(run[.guest].summary["intersect_num"]?.int == 2)
        let points = run[.guest].points("intersection").map { ($0.array?[0].text ?? "", $0.array?[1].double ?? -1) }
        let metrics = Dictionary(uniqueKeysWithValues: points)
        #expect(metrics["input_match_id_count"] == 3)
        #expect(metrics["intersect_sample_id_count"] == 3)
    }

    @Test func rowsGetTheHostsSampleIDsWhenAsked() async throws {
        let run = try await intersect(parties, ["intersect_method": "ecdh", "sample_id_generator": "host"])
        #expect(run.succeeded, "\(run.failures)")
        #expect(try await rows(run[.host]) == ["h1": 10, "h2": 20, "h4": 40])
        #expect(try await rows(run[.guest]) == ["h1": 2, "h2": 1, "h4": 2])
    }

    @Test func newSampleIDsAreTheSameAtAllParties() async throws {
        let run = try await intersect(parties, ["intersect_method": "ecdh", "new_sample_id": true])
        let guest = try await rows(run[.guest])
        #expect(try await Set(rows(run[.host]).keys) == Set(guest.keys))
        #expect(guest.values.sorted() == [1, 2, 3])
        #expect(guest.keys.allSatisfy { $0.count == 32 })
    }

    @Test(arguments: ["guest", "host"]) func leftJoinKeepsAllRows(generator: String) async throws {
        let run = try await intersect(
            parties,
            ["intersect_method": "rsa", "join_method": "left_join", "sample_id_generator": .text(generator)])
        #expect(run.succeeded, "\(run.failures)")
        let (keeper, other) = generator == "guest" ? (run[.guest], run[.host]) : (run[.host], run[.guest])
        let kept = try await rows(keeper)
        let filled = try await rows(other)
        #expect(kept.count == 4)
        #expect(Set(filled.keys) == Set(kept.keys))
        #expect(filled[generator == "guest" ? "g4" : "h3"]?.isNaN == true)
        #expect(filled.values.count { $0.isNaN } == 1)
        #expect(run[.guest].log.contains { $0.text.contains("[WARN] join_method left_join") })
    }

    @Test func leftJoinWithoutMatchIDsFillsTextWithEmptyFields() async throws {
        let run = try await intersect(
            [idParty(.guest, "9999", ["a", "b", "c"]), idParty(.host, "10000", ["b", "d"])],
            ["intersect_method": "ecdh", "join_method": "left_join"])
        #expect(run.succeeded, "\(run.failures)")
        #expect(try await run[.guest].table().keys() == ["a", "b", "c"])
        let host = try await run[.host].table().collect(String.self)
        #expect(host.map(\.value) == [",", "host-b,10000", ","])
    }

    @Test func matchIDsMeetPlainIDs() async throws {
        let run = try await intersect(
            [parties[0], idParty(.host, "10000", ["a", "c"])], ["intersect_method": "dh", "only_output_key": true])
        #expect(run.succeeded, "\(run.failures)")
        for role in [Role.guest, .host] { #expect(try await run[role].table().keys() == ["g1", "g3"]) }
    }

    @Test func severalHostsCannotGiveKeys() async throws {
        let run = try await intersect(
            parties + [matched(.host, "10001", [("i1", "a", 1)])], ["sample_id_generator": "host"])
        #expect(run.failures.contains("sample_id_generator"))
    }

    @Test func cachesKnowMatchIDs() async throws {
        let made = try await intersect(parties, ["intersect_method": "ecdh", "run_cache": true])
        let schema = TableSchema(
            layout: .float64, header: ["x"], content: .instances, idName: "sid", matchIDName: "id")
        let format = try InstanceFormat(schema)
        func again(_ role: Role, _ id: String, _ rows: [(String, String, Double)]) throws -> TestParty {
            TestParty(
                role, id,
                inputs: [
                    .table(
                        "data",
                        rows.map {
                            (Key.text($0.0), format.bytes(of: InstanceRow(values: [$0.2], matchID: Array($0.1.utf8))))
                        }, schema: schema), .cache("cache", try made[role].bytes("cache")),
                ])
        }
        let run = try await intersect(
            [
                try again(.guest, "9999", [("n1", "c", 5), ("n2", "q", 6)]),
                try again(.host, "10000", [("h1", "b", 10), ("h2", "a", 20), ("h3", "c", 30)]),
            ], ["intersect_method": "ecdh"])
        #expect(run.succeeded, "\(run.failures)")
        #expect(try await rows(run[.guest]) == ["n1": 5])
        #expect(try await rows(run[.host]) == ["n1": 30])
    }
}
