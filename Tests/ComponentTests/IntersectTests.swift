import NornKit
import NornTestHost
import Testing

/// Rows as Upload makes them, and what is asked of them.
func idParty(
    _ role: Role, _ id: String, _ ids: [String], parameters: [String: CBOR] = [:]
) -> TestParty {
    let lines = ids.map { "\($0),\(role.rawValue)-\($0),\(id)" }
    return TestParty(
        role, id, inputs: [.csv("data", (["id,name,owner"] + lines).joined(separator: "\n"))], parameters: parameters)
}

func intersect(
    _ parties: [TestParty], _ parameters: [String: CBOR] = [:], engine: String = "local", cores: Int = 1
) async throws -> TestRun {
    try await TestHost(product: "norn_intersect", engine: engine, cores: cores)
        .run("Intersection", parameters: parameters, parties: parties)
}

func userNames(_ range: Range<Int>) -> [String] { range.map { "user-\($0)" } }

@Suite struct IntersectTests {
    @Test func bothPartiesKeepTheirOwnRowsOfCommonIDs() async throws {
        let run = try await intersect([
            idParty(.guest, "9999", userNames(0..<50)), idParty(.host, "10000", userNames(30..<80)),
        ])
        #expect(run.succeeded, "\(run[.guest].error?.description ?? "") \(run[.host].error?.description ?? "")")
        for role in [Role.guest, .host] {
            let table = try await run[role].table()
            #expect(table.schema?.header == ["name", "owner"])
            let rows = try await table.collect(String.self)
            #expect(rows.map(\.key) == userNames(30..<50).map(Key.text).sorted())
            for row in rows { #expect(row.value == "\(role.rawValue)-\(row.key),\(role == .guest ? "9999" : "10000")") }
        }
    }

    @Test func metricsAndSummaryHaveFATEsNames() async throws {
        let run = try await intersect([
            idParty(.guest, "9999", userNames(0..<40)), idParty(.host, "10000", userNames(30..<50)),
        ])
        let guest = Dictionary(
            uniqueKeysWithValues: run[.guest].points("intersection").map {
                ($0.array?[0].text ?? "", $0.array?[1].double)
            })
        #expect(
            guest == [
                "intersect_count": 10, "input_match_id_count": 40, "intersect_rate": 0.25, "unmatched_count": 30,
                "unmatched_rate": 0.75,
            ])
        #expect(run[.guest].metrics.first?["namespace"]?.text == "train")
        #expect(run[.host].summary["intersect_num"]?.int == 10)
        #expect(run[.host].summary["intersect_rate"]?.double == 0.5)
    }

    @Test func severalHostsGetWhatAllHave() async throws {
        let run = try await intersect(
            [
                idParty(.guest, "9999", userNames(0..<60)), idParty(.host, "10000", userNames(10..<50)),
                idParty(.host, "10001", userNames(20..<90)), idParty(.host, "10002", userNames(0..<45)),
            ], engine: "local", cores: 2)
        #expect(run.succeeded)
        let expected = userNames(20..<45).map(Key.text).sorted()
        #expect(try await run[.guest].table().keys() == expected)
        for index in 0..<3 { #expect(try await run[.host, index].table().keys() == expected) }
    }

    @Test(arguments: [(0..<10, 20..<30), (0..<10, 0..<0), (0..<0, 0..<10), (0..<0, 0..<0)])
    func emptyResultsAndEmptyTablesAreFine(guest: Range<Int>, host: Range<Int>) async throws {
        let run = try await intersect([
            idParty(.guest, "9999", userNames(guest)), idParty(.host, "10000", userNames(host)),
        ])
        #expect(run.succeeded)
        for role in [Role.guest, .host] {
            #expect(try await run[role].table().count == 0)
            #expect(run[role].summary["intersect_num"]?.int == 0)
        }
    }

    @Test func repeatedIDsAreOneRow() async throws {
        let run = try await intersect([
            idParty(.guest, "9999", ["a", "b", "a", "a"]), idParty(.host, "10000", ["c", "a", "a"]),
        ])
        #expect(try await run[.guest].table().keys() == [.text("a")])
        #expect(try await run[.host].table().keys() == [.text("a")])
    }

    @Test func idsAreComparedAsTheyAre() async throws {
        let ids = ["x", "X", " x", "ü", "u\u{308}", "1", "01"]
        let run = try await intersect([idParty(.guest, "9999", ids), idParty(.host, "10000", ["x", "ü", "01", "2"])])
        #expect(try await run[.guest].table().keys() == ["x", "ü", "01"].map(Key.text).sorted())
    }

    @Test func onlyKeysWhenAsked() async throws {
        let run = try await intersect(
            [idParty(.guest, "9999", userNames(0..<9)), idParty(.host, "10000", userNames(5..<12))],
            ["only_output_key": true])
        let table = try await run[.guest].table()
        #expect(table.schema?.header == [])
        #expect(try await table.collect(String.self).map(\.value) == ["", "", "", ""])
    }

    @Test func hostsLearnNothingWithoutSync() async throws {
        let run = try await intersect(
            [idParty(.guest, "9999", userNames(0..<9)), idParty(.host, "10000", userNames(5..<12))],
            ["sync_intersect_ids": false])
        #expect(run.succeeded)
        #expect(try await run[.guest].table().count == 4)
        #expect(try await run[.host].table().count == 0)
        #expect(run[.host].metrics.isEmpty)
    }

    @Test func rawIsReplacedWithAWarning() async throws {
        let parties = [idParty(.guest, "9999", ["a"]), idParty(.host, "10000", ["a"])]
        let raw = try await intersect(parties, ["intersect_method": "raw"])
        #expect(raw[.guest].log.contains { $0.severity == 2 && $0.text.contains("[WARN] intersect_method raw is") })
        #expect(raw.messages.contains { $0.name == "guest_points" && $0.byteCount == 32 })
        let ecdh = try await intersect(parties, ["intersect_method": "ecdh"])
        #expect(!ecdh[.guest].log.contains { $0.severity == 2 })
    }

    static let wrongParameters: [(String, CBOR, String)] = [
        ("intersect_method", CBOR.text("psi"), "intersect_method"), ("cardinality_method", "raw", "cardinality_method"),
        ("join_method", "outer_join", "join_method"), ("sample_id_generator", "arbiter", "sample_id_generator"),
        ("ecdh_params", ["curve": "p256"], "ecdh_params.curve"),
        ("ecdh_params", ["hash_method": "md5"], "ecdh_params.hash_method"),
        ("rsa_params", ["key_length": 512], "rsa_params.key_length"),
        ("rsa_params", ["key_length": 1100], "rsa_params.key_length"),
        ("rsa_params", ["final_hash_method": "sha1"], "rsa_params.final_hash_method"),
        ("rsa_params", ["random_base_fraction": 0], "rsa_params.random_base_fraction"),
        ("rsa_params", ["random_bit": 0], "rsa_params.random_bit"), ("random_bit", -1, "random_bit"),
        ("dh_params", ["key_length": 1280], "dh_params.key_length"),
        ("dh_params", ["hash_method": "none"], "dh_params.hash_method"),
        ("with_sample_id", true, "with_sample_id"), ("allow_info_share", true, "allow_info_share"),
        ("intersect_preprocess_params", ["false_positive_rate": 0.6], "false_positive_rate"),
        ("intersect_preprocess_params", ["preprocess_method": "md5"], "preprocess_method"),
    ]

    @Test(arguments: wrongParameters)
    func unsupportedOptionsAreRefusedByName(name: String, value: CBOR, field: String) async throws {
        let run = try await intersect([idParty(.guest, "9999", ["a"]), idParty(.host, "10000", ["a"])], [name: value])
        #expect(run[.guest].error?.description.contains(field) == true)
        #expect(run[.guest].error?.fault == .user)
    }

    @Test(arguments: ["ecdh", "dh", "rsa"]) func differentSaltsFindNothing(method: String) async throws {
        func salt(_ salt: String) -> [String: CBOR] { ["\(method)_params": ["salt": .text(salt)]] }
        let run = try await intersect(
            [
                idParty(.guest, "9999", ["a", "b"], parameters: salt("one")),
                idParty(.host, "10000", ["a", "b"], parameters: salt("two")),
            ], ["intersect_method": .text(method)])
        #expect(run.succeeded)
        #expect(try await run[.guest].table().count == 0)
    }
}
