import Foundation
import NornDialects
import NornManifest
import Testing

/// The good pair of `conf/examples` spoilt in one place each time, as `Tests/BadJobs/mutations.json` lists it, against the
/// manifests that are shipped. The same list is posted to a running site by `BadJobScenarios`.
@Suite("Bad DSLs and confs")
struct BadJobTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func json(_ path: String) throws -> JSON {
        try JSON(parsing: [UInt8](Data(contentsOf: root.appending(path: path))))
    }

    struct Mutation: Sendable, CustomTestStringConvertible {
        var json: JSON
        var what: String { json["what"]?.asString ?? "" }
        var field: String { json["field"]?.asString ?? "" }
        /// What is wrong is seen only where the tables, models and jobs are.
        var isOfSite: Bool { json["onlyAtSite"]?.asBool ?? false }
        var testDescription: String { what }

        /// The pair with the mutation's places removed, then set.
        func applied(to pair: JSON) -> JSON {
            let removed = (json["remove"]?.asArray ?? []).compactMap(\.asString).reduce(pair) { pair, path in
                Samples.changed(pair, path.split(separator: "/").map(String.init), to: nil)
            }
            return (json["set"]?.asObject?.members ?? []).reduce(removed) { pair, member in
                Samples.changed(pair, member.key.split(separator: "/").map(String.init), to: member.value)
            }
        }
    }

    static let mutations: [Mutation] =
        ((try? json("Tests/BadJobs/mutations.json"))?.asArray ?? []).map { Mutation(json: $0) }

    static let catalogue: Catalogue = {
        let paths = ["components", "Plugins"].flatMap { folder in
            let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
            return (names ?? []).sorted().map { "\(folder)/\($0)/manifest.json" }
        }
        return Catalogue(manifests: paths.compactMap { try? Manifest.decode(json($0)).manifest })
    }()

    static func good() throws -> JSON {
        [
            "dsl": try json("conf/examples/breast_lr_dsl.json"), "conf": try json("conf/examples/breast_lr_conf.json"),
        ]
    }

    static func parse(_ pair: JSON) throws(DialectRefusal) -> ParsedJob {
        try FATE1Dialect.parse(
            dsl: pair["dsl"], conf: pair["conf"] ?? .null, id: "2026112320000000000010", catalogue: catalogue)
    }

    @Test("The pair is good before it is spoilt, and there are at least 60 ways to spoil it")
    func unspoilt() throws {
        let job = try Self.parse(Self.good())
        #expect(job.warnings.isEmpty, "\(job.warnings)")
        #expect(Self.mutations.count >= 60 && Set(Self.mutations.map(\.what)).count == Self.mutations.count)
    }

    @Test("A spoilt pair is refused with a text that names the field", arguments: mutations.filter { !$0.isOfSite })
    func spoilt(mutation: Mutation) throws {
        let pair = mutation.applied(to: try Self.good())
        #expect(pair != (try Self.good()))
        let refusal = #expect(throws: DialectRefusal.self) { try Self.parse(pair) }
        let text = refusal?.description ?? ""
        #expect(text.contains(mutation.field), "\(mutation.field) is not in: \(text)")
        #expect(refusal?.errors.allSatisfy { !$0.message.isEmpty && !$0.remedy.isEmpty } == true)
    }
}
