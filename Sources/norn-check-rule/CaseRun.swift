import Foundation
import NornABI
import NornKit
import NornManifest
import NornTestHost

/// One run of a case with every party watched.
struct CaseRun {
    let run: TestRun
    let watchers: [Watcher]

    /// Parties with their failures, as a sentence; nil: all succeeded.
    var failure: String? {
        if run.isTimeUp { return "it was not done in time" }
        let failed = run.parties.all.compactMap { party -> String? in
            guard let index = run.parties.index(of: party) else { return nil }
            return run[party.role, index].error.map { "\(party): \($0)" }
        }
        return failed.isEmpty ? nil : failed.joined(separator: "; ").trimmingFullStop
    }
}

/// Runs a case as often as a rule likes.
struct CaseRunner: Sendable {
    static let timeoutSeconds = 120.0

    let given: CheckCases.Case
    let declaration: ComponentDeclaration
    private let plugin: PluginTable
    private let parameters: [String: NornKit.CBOR]

    init(_ given: CheckCases.Case, manifest: Manifest, plugin: UnsafePointer<norn_plugin>) throws {
        guard let declaration = manifest.component(given.component) else {
            throw TrialError("the manifest has no component \(given.component)")
        }
        self.given = given
        self.declaration = declaration
        self.plugin = PluginTable(pointer: plugin)
        parameters = try Self.kit(declaration.parameters.resolve(given.parameters).value)
    }

    static func kit(_ json: JSON) throws -> [String: NornKit.CBOR] {
        try NornKit.CBOR(decoding: NornManifest.CBOR(json).encoded()).map ?? [:]
    }

    /// The runners of all cases of a plugin.
    static func all(_ checked: CheckedPlugin, _ plugin: UnsafePointer<norn_plugin>) throws -> [CaseRunner] {
        guard let manifest = checked.manifest else { throw TrialError("there is no manifest") }
        return try checked.cases().cases.map { try CaseRunner($0, manifest: manifest, plugin: plugin) }
    }

    var parties: [NornKit.Party] { given.parties.map { NornKit.Party(Role(rawValue: $0.role), $0.id) } }

    /// - Parameters:
    ///   - plans: what is done to single parties
    ///   - records: whether the watchers keep what kernels were given
    ///   - parameters: instead of the case's
    ///   - guardedBy: looks at the run while it lasts
    func run(
        plans: [NornKit.Party: Watcher.Plan] = [:], records: Bool = false, parameters given: JSON? = nil,
        guardedBy makeGuard: ([Watcher]) -> RunGuard? = { _ in nil }
    ) async throws -> CaseRun {
        let control = RunControl()
        let watchers = parties.map {
            Watcher(party: $0, plan: plans[$0] ?? .nothing, records: records, control: control)
        }
        var host = TestHost(table: plugin, cores: cores)
        host.timeoutSeconds = Self.timeoutSeconds
        let parties = try zip(self.given.parties, watchers).map { party, watcher in
            TestParty(
                watcher.party.role, watcher.party.id, inputs: try party.inputs.map(Self.input),
                parameters: try Self.kit(party.parameters), table: try watcher.interpose(plugin.pointer))
        }
        let runGuard = makeGuard(watchers)
        defer { runGuard?.end() }
        let run = try await host.run(
            self.given.component, parameters: try given.map(Self.kit) ?? parameters, parties: parties, control: control)
        return CaseRun(run: run, watchers: watchers)
    }

    /// In worker processes, unwatched.
    func runInWorkers(
        library: String
    ) async throws -> (failure: String?, measured: [NornKit.Party: WorkerMeasure]) {
        var host = TestHost(table: plugin, cores: cores)
        host.timeoutSeconds = Self.timeoutSeconds
        let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let parties = try given.parties.map { party in
            TestParty(
                Role(rawValue: party.role), party.id, inputs: try party.inputs.map(Self.input),
                parameters: try Self.kit(party.parameters), table: nil)
        }
        let (run, measured) = try await host.runInWorkers(
            given.component, library: library, worker: folder.appending(path: "norn-worker").path,
            parameters: parameters, parties: parties)
        return (CaseRun(run: run, watchers: []).failure, measured)
    }

    /// What the manifest lets the component have busy, over all roles.
    private var cores: Int {
        given.parties.compactMap { Manifest.Role(rawValue: $0.role) }.map { declaration.resources(for: $0).cores }.max()
            ?? 1
    }

    static func input(_ input: CheckCases.Input) throws -> TestInput {
        switch input.form {
        case .raw: .csv(input.name, input.text, label: input.label)
        case .instances: .instances(input.name, csv: input.text, label: input.label)
        case .predictions: try PredictionInput.make(input)
        case .file: .file(input.name, Array(input.text.utf8))
        }
    }
}

/// Predictions as HeteroLR hands them out: id, label, score, type.
enum PredictionInput {
    static func make(_ input: CheckCases.Input) throws -> TestInput {
        let schema = TableSchema(
            layout: .cbor, header: ["label", "predict_result", "predict_score", "predict_detail", "type"],
            content: .predictions)
        let lines = input.text.split(whereSeparator: \.isNewline).dropFirst()
        let rows = try lines.map { line -> (Key, NornKit.CBOR) in
            let fields = line.split(separator: ",").map(String.init)
            guard fields.count == 4, let label = Double(fields[1]), let score = Double(fields[2]) else {
                throw TrialError("a line of predictions is id,label,score,type, not \(line)")
            }
            let value: NornKit.CBOR = [
                .double(label), .int(score > 0.5 ? 1 : 0), .double(score), .text("{}"), .text(fields[3]),
            ]
            return (.text(fields[0]), value)
        }
        return .table(input.name, rows, schema: schema)
    }
}
