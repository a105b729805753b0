import Foundation
import NIOHTTP1
import Testing

/// Marked values run through jobs of three sites, and then are looked for wherever they have no business.
@Suite(.serialized) struct CanaryScenarios {
    static let rows = 60

    /// Values that stand nowhere by chance. Each party has its own.
    private struct Canaries {
        let ids = (0..<CanaryScenarios.rows).map { "cnry\(Int.random(in: 100_000...999_999))x\($0)" }
        let labels = (0..<CanaryScenarios.rows).map { _ in Self.number() }
        let guest = (0..<CanaryScenarios.rows).map { _ in Self.number() }
        let host = (0..<CanaryScenarios.rows).map { _ in Self.number() }
        let wrongLabel = "cnrylabel\(Int.random(in: 100_000...999_999))"

        /// Ten digits: below what the encoding of numbers holds, and not to be met by chance.
        private static func number() -> Double { Double(Int.random(in: 1_000_000_000...9_999_999_999)) / 1e10 }

        var guestText: String {
            "id,y,x0\n" + ids.indices.map { "\(ids[$0]),\(labels[$0]),\(guest[$0])\n" }.joined()
        }
        var hostText: String { "id,x1\n" + ids.indices.map { "\(ids[$0]),\(host[$0])\n" }.joined() }
        var wrongText: String { "id,y,x0\n\(ids[0]),\(wrongLabel),\(guest[0])\n" }

        /// As text, and as the eight bytes in which tables and messages hold numbers.
        static func needles(_ texts: [String], _ numbers: [Double]) -> [Needle] {
            texts.map { Needle(name: $0, bytes: Array($0.utf8)) }
                + numbers.flatMap { number -> [Needle] in
                    let little = withUnsafeBytes(of: number.bitPattern.littleEndian) { Array($0) }
                    return [
                        Needle(name: "\(number)", bytes: Array("\(number)".utf8)),
                        Needle(name: "\(number) as little-endian bytes", bytes: little),
                        Needle(name: "\(number) as CBOR", bytes: little.reversed()),
                    ]
                }
        }
    }

    private struct Needle {
        let name: String
        let bytes: [UInt8]
    }

    private static var dsl: [String: Any] {
        let components: [String: Any] = [
            "reader_0": ["module": "Reader", "output": ["data": ["data"]]],
            "data_transform_0": [
                "module": "DataTransform", "input": ["data": ["data": ["reader_0.data"]]],
                "output": ["data": ["data"], "model": ["model"]],
            ],
            "intersection_0": [
                "module": "Intersection", "input": ["data": ["data": ["data_transform_0.data"]]],
                "output": ["data": ["data"]],
            ],
            "hetero_linr_0": [
                "module": "HeteroLinR", "input": ["data": ["train_data": ["intersection_0.data"]]],
                "output": ["data": ["data"], "model": ["model"]],
            ],
            "evaluation_0": ["module": "Evaluation", "input": ["data": ["data": ["hetero_linr_0.data"]]]],
        ]
        return ["components": components]
    }

    private static func conf(guestTable: String) -> [String: Any] {
        [
            "dsl_version": 2, "initiator": ["role": "guest", "party_id": 9999],
            "role": ["guest": [9999], "host": [10000], "arbiter": [10001]],
            "component_parameters": [
                "common": [
                    "hetero_linr_0": ["max_iter": 2, "learning_rate": 0.01, "init_param": ["init_method": "zeros"]],
                    "evaluation_0": ["eval_type": "regression"],
                ],
                "role": [
                    "guest": [
                        "0": [
                            "reader_0": ["table": ["name": guestTable, "namespace": "example"]],
                            "data_transform_0": ["with_label": true, "label_name": "y", "label_type": "float"],
                        ]
                    ],
                    "host": ["0": ["reader_0": ["table": ["name": "marked_host", "namespace": "example"]]]],
                ],
            ],
        ]
    }

    @Test func idsLabelsFeaturesAndTokensStandNowhereButInTables() async throws {
        let canaries = Canaries()
        let sites = try await SitesUnderTest([
            (name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"]),
            (name: "arbiter", parties: ["10001"]),
        ])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        var secrets: [String] = []
        for member in sites.members {
            let made = try await member.site.call(
                .POST, "/api/tokens", json: ["submitter": "ada", "rights": ["submit", "read", "data"]])
            secrets.append(try #require(made.object["secret"] as? String))
            let headers = ["Authorization": "Bearer \(secrets[secrets.count - 1])"]
            #expect(try await member.site.call(.GET, "/api/jobs", headers: headers).status == 200)
            _ = try await member.site.call(
                .GET, "/api/jobs", headers: ["Authorization": "Bearer \(secrets[secrets.count - 1])x"])
        }
        for (site, text, name, party) in [
            (guest, canaries.guestText, "marked_guest", "9999"), (guest, canaries.wrongText, "marked_wrong", "9999"),
            (host, canaries.hostText, "marked_host", "10000"),
        ] {
            let uploaded = try await site.upload(text, name: name, party: party)
            #expect((200..<300).contains(uploaded.status), "\(uploaded.body)")
        }
        // A line that is too short is refused without a word of what stands in it.
        let refused = try await guest.upload(canaries.guestText + "\(canaries.ids[0])\n", name: "bad", party: "9999")
        #expect(refused.status == 400 || refused.status == 422, "\(refused.body)")
        try await sites["host"].grant("marked_host", to: "9999")
        var jobs: [String] = []
        for (table, status) in [("marked_guest", "success"), ("marked_wrong", "failed")] {
            let job = try await guest.accepted(dsl: Self.dsl, conf: Self.conf(guestTable: table))
            let end = try await guest.ended(job)
            #expect(end.status == status, "\(end.object)")
            jobs.append(job)
            for member in sites.members { try await member.site.workersGone(of: job) }
        }
        let values = Canaries.needles(
            canaries.ids + [canaries.wrongLabel], canaries.labels + canaries.guest + canaries.host)
        let tokens = secrets.map { Needle(name: "a token", bytes: Array($0.utf8)) }
        for member in sites.members {
            try await Self.searchHome(member.site, member.name, values + tokens)
            // What its people are shown of the jobs, over every route but those of the tables' content.
            for reply in try await Self.replies(member.site, jobs) {
                Self.expect(none: values + tokens, in: reply.data, "the reply \(reply.path) of \(member.name)")
            }
        }
        await sites.end()
    }

    /// Every file below the home but the tables themselves.
    private static func searchHome(_ site: SiteUnderTest, _ name: String, _ needles: [Needle]) async throws {
        let tables = site.home.appending(path: "tables").path + "/"
        var inTables: Set<String> = []
        let files = FileManager.default.enumerator(
            at: site.home, includingPropertiesForKeys: [.isRegularFileKey], options: [])
        var searched = 0
        while let file = files?.nextObject() as? URL {
            guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true,
                let data = try? Data(contentsOf: file)
            else { continue }
            guard !file.path.hasPrefix(tables) else {
                inTables.formUnion(found(of: needles, in: data))
                continue
            }
            searched += 1
            expect(none: needles, in: data, "\(file.path.dropFirst(site.home.path.count)) of \(name)")
        }
        // The store, the logs of the attempts and of the server are among them.
        #expect(searched > 10, "only \(searched) files at \(name)")
        // The search sees what is there: an arbiter has no tables, the others' hold ids and numbers.
        #expect(inTables.isEmpty == (name == "arbiter") && (inTables.count > rows || name == "arbiter"))
    }

    private static func expect(none needles: [Needle], in data: Data, _ place: String) {
        let seen = found(of: needles, in: data)
        #expect(seen.isEmpty, "\(place) holds \(seen.prefix(5).joined(separator: ", "))")
    }

    /// Looks for all at once, by their first bytes: one by one hundreds of values in megabytes would take minutes.
    private static func found(of needles: [Needle], in data: Data) -> [String] {
        var starts = [Bool](repeating: false, count: 1 << 16)
        var byStart: [Int: [Needle]] = [:]
        for needle in needles where needle.bytes.count > 2 {
            let start = Int(needle.bytes[0]) << 8 | Int(needle.bytes[1])
            starts[start] = true
            byStart[start, default: []].append(needle)
        }
        var found: [String] = []
        data.withUnsafeBytes { bytes in
            starts.withUnsafeBufferPointer { starts in
                var place = 0
                var before = 0
                while place < bytes.count {
                    let start = (before & 0xFF) << 8 | Int(bytes[place])
                    before = start
                    place += 1
                    guard place > 1, starts[start] else { continue }
                    for needle in byStart[start] ?? []
                    where bytes.count - (place - 2) >= needle.bytes.count
                        && bytes[(place - 2)..<(place - 2 + needle.bytes.count)].elementsEqual(needle.bytes)
                    {
                        found.append(needle.name)
                    }
                }
            }
        }
        return found
    }

    @Test func theSearchFindsWhatIsThere() {
        let needles = [Needle(name: "a", bytes: Array("cnry1".utf8)), Needle(name: "b", bytes: [0, 1, 2, 3])]
        #expect(Self.found(of: needles, in: Data("xcncnry1".utf8)) == ["a"])
        #expect(Self.found(of: needles, in: Data([9, 0, 0, 1, 2, 3])) == ["b"])
        #expect(Self.found(of: needles, in: Data("cnry".utf8)).isEmpty)
    }

    /// What a person of the site can ask for of the jobs, but the tables' own content.
    private static func replies(_ site: SiteUnderTest, _ jobs: [String]) async throws -> [(path: String, data: Data)] {
        let headers = ["Authorization": "Bearer \(site.token)"]
        var replies: [(path: String, data: Data)] = []
        var paths = ["/api/jobs", "/api/site", "/api/audit", "/api/security", "/api/models", "/api/tables"]
        paths += jobs.flatMap { job in ["", "/outputs", "/logs", "/metrics"].map { "/api/jobs/\(job)\($0)" } }
        for path in paths {
            replies.append((path, try await site.send(.GET, path, nil, headers: headers).data))
        }
        for job in jobs {
            for path in ["job/query", "job/task/query", "job/data/view/query", "job/list/task"] {
                let answer = try await site.v1Bytes(path, ["job_id": job], headers: headers)
                replies.append((path, answer.data))
            }
            let logs = try await site.v1Bytes("job/log/download", ["job_id": job], headers: headers)
            guard logs.status == 200 else { continue }
            let folder = try await Archive.unpacked(logs.data)
            defer { try? FileManager.default.removeItem(at: folder) }
            let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
            while let file = files?.nextObject() as? URL {
                if let data = try? Data(contentsOf: file) { replies.append(("log \(file.lastPathComponent)", data)) }
            }
        }
        return replies
    }
}
