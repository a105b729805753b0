import Foundation
import NornKit
import NornTestHost
import Testing

private let methods = ["ecdh", "dh", "rsa"]

/// Short keys where a test is not about them.
private func asking(_ method: String, _ more: [String: CBOR] = [:]) -> [String: CBOR] {
    var parameters: [String: CBOR] = [
        "intersect_method": .text(method), "cardinality_method": .text(method), "rsa_params": ["key_length": 1024],
        "dh_params": ["key_length": 1024],
    ]
    for (name, value) in more {
        guard case .map(let inner) = value, case .map(let known)? = parameters[name] else {
            parameters[name] = value
            continue
        }
        parameters[name] = .map(known.merging(inner) { $1 })
    }
    return parameters
}

private let guestIDs = userNames(0..<60) + ["only-guest"]
private let firstHostIDs = userNames(10..<50) + ["x", "y"]
private let secondHostIDs = userNames(20..<90)
private let common = Set(guestIDs).intersection(firstHostIDs)
private let commonToAll = common.intersection(secondHostIDs)

private func sorted(_ ids: some Sequence<String>) -> [Key] { ids.map(Key.text).sorted() }

private func pair(_ parameters: [String: CBOR]) async throws -> TestRun {
    try await intersect(
        [idParty(.guest, "9999", guestIDs), idParty(.host, "10000", firstHostIDs)], parameters, cores: 2)
}

private func three(_ parameters: [String: CBOR]) async throws -> TestRun {
    try await intersect(
        [
            idParty(.guest, "9999", guestIDs), idParty(.host, "9999", firstHostIDs),
            idParty(.host, "10000", secondHostIDs),
        ], parameters, cores: 2)
}

/// Every method against the plain intersection of sets, its traffic against the wire contract.
@Suite struct IntersectMethodTests {
    static let variants: [(String, [String: CBOR])] = [
        ("ecdh", ["ecdh_params": ["hash_method": "sm3", "salt": "12345"]]),
        ("ecdh", ["ecdh_params": ["hash_method": "sha512"]]), ("dh", [:]), ("dh", ["dh_params": ["key_length": 1536]]),
        ("dh", ["dh_params": ["hash_method": "sha224", "salt": "12345"]]), ("rsa", [:]),
        ("rsa", ["rsa_params": ["hash_method": "sm3", "final_hash_method": "sha512", "salt": "1"]]),
        ("rsa", ["rsa_params": ["key_length": 2048, "final_hash_method": "sha384"]]),
        ("rsa", ["rsa_params": ["split_calculation": true, "random_base_fraction": 0.5]]),
        ("ecdh", ["run_preprocess": true, "intersect_preprocess_params": ["false_positive_rate": 0.2]]),
        ("dh", ["run_preprocess": true, "intersect_preprocess_params": ["filter_owner": "host"]]),
        ("rsa", ["run_preprocess": true, "rsa_params": ["split_calculation": true]]),
    ]

    @Test(arguments: variants)
    func findsWhatBothHave(method: String, more: [String: CBOR]) async throws {
        let run = try await pair(asking(method, more))
        #expect(run.succeeded, "\(run.failures)")
        for role in [Role.guest, .host] {
            #expect(try await run[role].table().keys() == sorted(common))
            #expect(run[role].summary["intersect_num"]?.int == common.count)
        }
        #expect(run[.guest].metrics.first?["meta"]?["intersect_method"]?.text == method)
        try expectWireContract(run)
    }

    @Test(arguments: variants)
    func findsWhatAllHave(method: String, more: [String: CBOR]) async throws {
        let run = try await three(asking(method, more))
        #expect(run.succeeded, "\(run.failures)")
        #expect(try await run[.guest].table().keys() == sorted(commonToAll))
        for index in 0..<2 { #expect(try await run[.host, index].table().keys() == sorted(commonToAll)) }
        try expectWireContract(run)
    }

    @Test(arguments: methods) func withoutSyncHostsHearNothing(method: String) async throws {
        let run = try await pair(asking(method, ["sync_intersect_ids": false, "only_output_key": true]))
        #expect(try await run[.guest].table().count == common.count)
        #expect(try await run[.host].table().count == 0)
        #expect(!run.messages.contains { $0.name == "common" })
    }

    @Test(arguments: methods) func emptySidesAreFine(method: String) async throws {
        for (guest, host) in [(0..<0, 0..<9), (0..<9, 0..<0), (0..<0, 0..<0)] {
            let run = try await intersect(
                [idParty(.guest, "9999", userNames(guest)), idParty(.host, "10000", userNames(host))],
                asking(method, ["run_preprocess": true]))
            #expect(run.succeeded, "\(run.failures)")
            #expect(try await run[.guest].table().count == 0)
        }
    }

    @Test(arguments: methods) func shortKeysAreWarnedOf(method: String) async throws {
        let short = try await pair(asking(method))
        let long = try await pair(["intersect_method": .text(method)])
        for role in [Role.guest, .host] {
            #expect(short[role].log.contains { $0.text.contains("key_length") } == (method != "ecdh"))
            #expect(!long[role].log.contains { $0.text.contains("[WARN]") })
        }
    }

    static let withoutEffect: [(String, CBOR)] = [
        ("random_bit", 256), ("join_role", "host"), ("with_encode", true), ("repeated_id_process", true),
        ("intersect_cache_param", ["use_cache": true]), ("rsa_params", ["random_base_fraction": 0.5]),
        ("rsa_params", ["random_bit": 64]),
    ]

    @Test(arguments: withoutEffect)
    func optionsWithoutEffectChangeNothing(name: String, value: CBOR) async throws {
        let run = try await pair(asking("rsa", [name: value]))
        #expect(try await run[.guest].table().keys() == sorted(common))
    }

    @Test func filtersMakeLessTraffic() async throws {
        func sent(_ more: [String: CBOR]) async throws -> Int {
            try await pair(asking("ecdh", more)).messages.filter { $0.name == "host_points" }.map(\.byteCount)
                .reduce(0, +)
        }
        let plain = try await sent([:])
        let filter: [String: CBOR] = ["run_preprocess": true]
        let filtered = try await sent(filter)
        #expect(plain == firstHostIDs.count * 32)
        #expect(filtered < plain)
        #expect(filtered >= common.count * 32)
    }

    /// No message outside the manifest's contract: names, directions, sizes.
    private func expectWireContract(_ run: TestRun) throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../components/intersect/manifest.json")
        let manifest = try JSONDecoder().decode(CBOR.self, from: Data(contentsOf: path))
        let wire = manifest["components"]?.array?[0]["wire"]?.array ?? []
        for message in run.messages {
            let contract = try #require(wire.first { $0["name"]?.text == message.name }, "\(message.name)")
            func has(_ field: String, _ role: Role) -> Bool {
                contract[field]?.array?.contains { $0.text == role.rawValue } ?? false
            }
            #expect(has("from", message.from.role) && has("to", message.to.role), "\(message.name)")
            #expect(message.byteCount <= contract["max_bytes"]?.int ?? 0, "\(message.name)")
        }
    }
}

/// How many are common, and nothing else.
@Suite struct CardinalityTests {
    @Test(arguments: ["ecdh", "dh"]) func exactNumbersLeaveNoKeys(method: String) async throws {
        for sync in [false, true] {
            let run = try await pair(asking(method, ["cardinality_only": true, "sync_cardinality": .bool(sync)]))
            #expect(run.succeeded, "\(run.failures)")
            #expect(run[.guest].summary["intersect_num"]?.int == common.count)
            #expect(run[.guest].summary["cardinality_only"]?.bool == true)
            #expect(run[.host].summary["intersect_num"]?.int == (sync ? common.count : nil))
            for role in [Role.guest, .host] { #expect(try await run[role].table().count == 0) }
            #expect(!run.messages.contains { $0.name == "common" })
        }
    }

    @Test(arguments: ["ecdh", "dh"]) func exactNumbersOfSeveralHosts(method: String) async throws {
        let run = try await three(asking(method, ["cardinality_only": true]))
        #expect(run.succeeded, "\(run.failures)")
        #expect(run[.guest].summary["intersect_num"]?.int == commonToAll.count)
        // The seed of the order never passes the guest.
        #expect(run.messages.filter { $0.name == "order" }.allSatisfy { $0.from.role == .host && $0.to.role == .host })
    }

    @Test func rsaEstimates() async throws {
        let close: [String: CBOR] = ["false_positive_rate": 0.0001]
        for (more, tolerance) in [(close, 0), (["false_positive_rate": 0.3], 12)] {
            let run = try await pair(
                asking("rsa", ["cardinality_only": true, "intersect_preprocess_params": .map(more)]))
            #expect(run.succeeded, "\(run.failures)")
            let estimate = try #require(run[.guest].summary["intersect_num"]?.int)
            #expect(abs(estimate - common.count) <= tolerance)
            #expect(!run.messages.contains { $0.name == "tokens" })
        }
        let run = try await three(
            asking("rsa", ["cardinality_only": true, "intersect_preprocess_params": .map(close)]))
        #expect(run[.guest].summary["intersect_num"]?.int == commonToAll.count)
    }
}

/// The hosts' side kept for later jobs.
@Suite struct IntersectCacheTests {
    private func cached(_ parties: [TestParty], from run: TestRun, _ ids: [[String]]) throws -> [TestParty] {
        var next: [TestParty] = []
        for (place, party) in run.parties.all.enumerated() {
            let index = run.parties.index(of: party) ?? 0
            let bytes = try run[party.role, index].bytes("cache")
            let lines = ids[place].map { "\($0),\(party.role.rawValue)-\($0),\(party.id)" }
            next.append(
                TestParty(
                    party.role, party.id,
                    inputs: [
                        .csv("data", (["id,name,owner"] + lines).joined(separator: "\n")), .cache("cache", bytes),
                    ]))
        }
        return next
    }

    @Test(arguments: methods) func laterJobsComputeTheGuestsSideOnly(method: String) async throws {
        let parties = [
            idParty(.guest, "9999", guestIDs), idParty(.host, "9999", firstHostIDs),
            idParty(.host, "10000", secondHostIDs),
        ]
        let made = try await intersect(parties, asking(method, ["run_cache": true]))
        #expect(made.succeeded, "\(made.failures)")
        #expect(made[.guest].outputNames == ["cache"])
        #expect(!made.messages.contains { ["guest_points", "blinded"].contains($0.name) })
        let text = Array("user-".utf8)
        #expect(!contains(try made[.guest].bytes("cache"), text))
        // The guest comes with other ids, and without saying keys and hashes again: the cache has them.
        let later = userNames(25..<200)
        let next = try cached(parties, from: made, [later, firstHostIDs, secondHostIDs])
        let run = try await intersect(next, ["intersect_method": .text(method)])
        #expect(run.succeeded, "\(run.failures)")
        let expected = sorted(Set(later).intersection(firstHostIDs).intersection(secondHostIDs))
        #expect(try await run[.guest].table().keys() == expected)
        for index in 0..<2 { #expect(try await run[.host, index].table().keys() == expected) }
        #expect(!run.messages.contains { ["host_points", "tokens", "public_key"].contains($0.name) })
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.dropLast(part.count - 1).contains { Array(bytes[$0..<$0 + part.count]) == part }
    }

    @Test func cachesOfDifferentJobsAreRefused() async throws {
        let parties = [idParty(.guest, "9999", guestIDs), idParty(.host, "10000", firstHostIDs)]
        let first = try await intersect(parties, asking("ecdh", ["run_cache": true]))
        let second = try await intersect(parties, asking("ecdh", ["run_cache": true]))
        let guest = try cached(parties, from: first, [guestIDs, firstHostIDs])[0]
        let host = try cached(parties, from: second, [guestIDs, firstHostIDs])[1]
        let run = try await intersect([guest, host], asking("ecdh"))
        #expect(run[.guest].error?.field == "cache" || run.failures.contains("cache"))
        #expect(!run.succeeded)
        let other = try await intersect(try cached(parties, from: first, [guestIDs, firstHostIDs]), asking("dh"))
        #expect(other.failures.contains("the cache was made by ecdh"))
    }

    static let apart: [([String: CBOR], String)] = [
        (["run_cache": true, "cardinality_only": true], "run_cache"),
        (["run_cache": true, "run_preprocess": true], "run_cache"),
        (["run_cache": true, "rsa_params": ["split_calculation": true]], "split_calculation"),
        (["join_method": "left_join", "sync_intersect_ids": false], "join_method"),
        (["sample_id_generator": "host", "sync_intersect_ids": false], "sample_id_generator"),
    ]

    @Test(arguments: apart)
    func whatDoesNotGoTogetherIsRefused(parameters: [String: CBOR], field: String) async throws {
        let run = try await pair(asking("rsa", parameters))
        #expect(run[.guest].error?.fault == .user)
        #expect(run.failures.contains(field))
    }
}
