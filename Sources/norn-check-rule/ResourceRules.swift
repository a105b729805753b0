import NornABI
import NornKit
import NornManifest
import NornTestHost

/// Rules 1101 and 1102: a case run in worker processes, as a site runs it, and measured there.
struct ResourceRules {
    /// What a declaration gets on top of what was measured, and what it is rounded up to.
    static let headroom = 1.5
    static let roundingBytes = 16 << 20
    /// Windows in a row with too many busy threads that make a failure: one may catch a burst.
    static let windowsMaximum = 3

    let plugin: CheckedPlugin
    let trial: Trial

    func findings(_ number: Int) async throws -> Findings {
        trial.teller.at("entering it")
        let table = try LoadedPlugin(path: plugin.library).enter()
        var findings = Findings()
        for runner in try CaseRunner.all(plugin, table) {
            let name = runner.given.component
            trial.teller.at("running \(name) in workers")
            let run = try await runner.runInWorkers(library: plugin.library)
            for (party, measured) in run.measured.sorted(by: { $0.key.id < $1.key.id }) {
                guard let role = Manifest.Role(rawValue: party.role.rawValue) else { continue }
                let rows = runner.given.parties.first { $0.id == party.id }?.inputs.map(\.rowCount).max() ?? 0
                let request = runner.declaration.resources(for: role).request(rows: rows)
                findings.notes.append(
                    "\(name) at \(party): peak \(measured.peakBytes >> 20) MiB, busy threads \(measured.busyThreads), "
                        + "\(measured.cpuMilliseconds) ms of CPU in \(measured.wallMilliseconds) ms.")
                check(number, measured, request, "\(name) at \(party)", &findings)
            }
            findings.suggestion = Self.suggestion(run.measured)
            if let failure = run.failure { findings.notes.append("\(name)'s case fails in workers: \(failure).") }
        }
        return findings
    }

    private func check(
        _ number: Int, _ measured: WorkerMeasure, _ request: ResourceRequest, _ name: String, _ findings: inout Findings
    ) {
        if number == 1101, measured.peakBytes > request.memoryBytes {
            findings.fail(
                "\(name) took \(measured.peakBytes >> 20) MiB, and declares \(request.memoryBytes >> 20) MiB")
        }
        if number == 1102, measured.windows(withMoreThan: request.cores) >= Self.windowsMaximum {
            findings.fail("\(name) kept \(measured.busyThreads) threads busy, and declares \(request.cores) cores")
        }
    }

    /// A block for the manifest that fits what was measured, role by role.
    private static func suggestion(_ measured: [NornKit.Party: WorkerMeasure]) -> JSON? {
        guard !measured.isEmpty else { return nil }
        func block(_ measures: [WorkerMeasure]) -> JSON {
            let bytes = Double(measures.map(\.peakBytes).max() ?? 0) * headroom
            let rounded = Int((bytes / Double(roundingBytes)).rounded(.up)) * roundingBytes
            return [
                "cores": .int(max(1, measures.map(\.busyThreads).max() ?? 1)), "memory_bytes": .int(rounded),
                "working_nodes": 1,
            ]
        }
        var object: JSONObject = ["default": block(Array(measured.values))]
        let roles = Set(measured.keys.map(\.role)).sorted { $0.rawValue < $1.rawValue }
        guard roles.count > 1 else { return .object(object) }
        for role in roles { object[role.rawValue] = block(measured.filter { $0.key.role == role }.map(\.value)) }
        return .object(object)
    }
}

extension CheckCases.Input {
    /// Rows of a table in its text, without the header.
    var rowCount: Int { form == .file ? 0 : max(0, text.split(whereSeparator: \.isNewline).count - 1) }
}
