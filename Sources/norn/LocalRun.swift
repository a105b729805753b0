import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NornManifest
import NornRegistry
import NornSite

/// A party of a local run, as `ROLE:ID=FILE` says it; one without data is `ROLE:ID`.
struct LocalParty: Equatable, Sendable {
    static let roles = ["guest", "host", "arbiter", "local"]

    var role: String
    var id: String
    /// A CSV file whose first column is the id.
    var file: String?

    /// Nil for another form.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let name = parts[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard name.count == 2, Self.roles.contains(name[0]), !name[1].isEmpty, name[1].allSatisfy(\.isNumber),
            name[1].utf8.count <= 18
        else { return nil }
        role = name[0]
        id = name[1]
        file = parts.count == 2 ? parts[1] : nil
    }

    var table: String { "\(role)_\(id)" }
}

/// The job of a local run: a Reader, DataTransform if it is wanted, and the component.
struct LocalJob {
    static let namespace = "local_run"

    let component: ComponentDeclaration
    let parties: [LocalParty]
    let parameters: JSONObject
    let engine: String?
    let isTransformed: Bool
    let label: String?

    var task: String { "\(component.reference)_0" }

    /// - Throws: when the first party cannot be an initiator, or one that needs data has none.
    func submission() throws -> JSON {
        guard let first = parties.first, let initiator = Int(first.id) else {
            throw SiteError.invalid("A run needs a party", field: "--party", hint: "--party guest:9999=a.csv")
        }
        var conf: JSONObject = [
            "dsl_version": 2, "initiator": ["role": .string(first.role), "party_id": .int(initiator)],
            "role": .object(roles), "component_parameters": .object(try componentParameters()),
        ]
        if let engine { conf["job_parameters"] = ["common": ["computing_engine": .string(engine)]] }
        return ["dsl": ["components": .object(components)], "conf": .object(conf)]
    }

    private var slot: String? { component.inputs.first { $0.kind == .table }?.slots.first }

    private var components: JSONObject {
        var components: JSONObject = [:]
        guard let slot else { return [task: ["module": .string(component.name)]] }
        components["reader_0"] = ["module": "Reader", "output": ["data": ["data"]]]
        var source = "reader_0.data"
        if isTransformed {
            components["data_transform_0"] = [
                "module": "DataTransform", "input": ["data": ["data": [.string(source)]]],
                "output": ["data": ["data"], "model": ["model"]],
            ]
            source = "data_transform_0.data"
        }
        components[task] = [
            "module": .string(component.name), "input": ["data": .object([slot: [.string(source)]])],
        ]
        return components
    }

    private var roles: JSONObject {
        var roles: JSONObject = [:]
        for party in parties {
            roles[party.role] = .array((roles[party.role]?.asArray ?? []) + [Int(party.id).map(JSON.int) ?? .null])
        }
        return roles
    }

    private func componentParameters() throws -> JSONObject {
        var ofRoles: JSONObject = [:]
        if slot != nil {
            for (role, members) in Dictionary(grouping: parties, by: \.role).sorted(by: { $0.key < $1.key })
            where ["guest", "host", "local"].contains(role) {
                ofRoles[role] = .object(try readers(of: members, role: role))
            }
        }
        var common: JSONObject = [task: .object(parameters)]
        if isTransformed { common["data_transform_0"] = ["output_format": "dense", "with_label": false] }
        return ["common": .object(common), "role": .object(ofRoles)]
    }

    private func readers(of members: [LocalParty], role: String) throws -> JSONObject {
        var parameters: JSONObject = [:]
        for (index, party) in members.enumerated() {
            guard party.file != nil else {
                throw SiteError.invalid(
                    "\(party.role) \(party.id) has no data", field: "--party",
                    hint: "--party \(party.role):\(party.id)=FILE.csv")
            }
            var own: JSONObject = [
                "reader_0": ["table": ["name": .string(party.table), "namespace": .string(Self.namespace)]]
            ]
            if isTransformed, role == "guest", let label {
                own["data_transform_0"] = [
                    "with_label": true, "label_name": .string(label), "label_type": "int",
                ]
            }
            parameters[String(index)] = .object(own)
        }
        return parameters
    }
}

/// A site that lives as long as one run does, in a folder of its own: every party's attempt is a worker process there,
/// as at any site.
final class LocalSite: Sendable {
    static let readyMilliseconds: Int64 = 60_000
    static let pollMilliseconds = 50
    static let stopSeconds = 15

    let home: SiteHome
    private let process: SiteProcess

    init(parties: [LocalParty]) throws {
        home = SiteHome(
            root: FileManager.default.temporaryDirectory.appending(path: "norn-run-\(FreshID.hexadecimal(bytes: 6))"))
        try home.prepare()
        process = try SiteProcess(home: home, parties: Array(Set(parties.map(\.id))).sorted(), keep: false)
    }

    /// Waits until it answers.
    func client() async throws -> SiteClient {
        let deadline = Clocks.monotonicMilliseconds() + Self.readyMilliseconds
        while Clocks.monotonicMilliseconds() < deadline {
            try Task.checkCancellation()
            guard process.isRunning else { throw process.failure("The site of the run ended at its start") }
            if let file = SiteFile.read(home), let token = try? String(contentsOfFile: file.tokenFile, encoding: .utf8)
            {
                return SiteClient(
                    address: file.address, token: token.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
        throw process.failure("The site of the run was not ready in time")
    }

    func end() async {
        process.terminate()
        await process.waitForEnd(seconds: Self.stopSeconds)
        try? FileManager.default.removeItem(at: home.root)
    }
}
