import NornABI
import NornKit
import NornManifest
import NornTestHost

/// Rules 1001 to 1003: what a component does towards others is what its manifest says.
struct WireRules {
    let plugin: CheckedPlugin
    let trial: Trial

    func findings(_ number: Int) async throws -> Findings {
        trial.teller.at("entering it")
        let table = try LoadedPlugin(path: plugin.library).enter()
        var findings = Findings()
        for runner in try CaseRunner.all(plugin, table) {
            trial.teller.at("running \(runner.given.component)")
            let run = try await runner.run()
            switch number {
            case 1001: for message in run.run.messages { check(message, runner.declaration, &findings) }
            case 1002: for watcher in run.watchers { checkExtensions(watcher, runner.declaration, &findings) }
            default: for watcher in run.watchers { checkOutputs(watcher, runner.declaration, &findings) }
            }
            if run.failure != nil { findings.notes.append("\(runner.given.component)'s case fails: see rule 601.") }
        }
        return findings
    }

    private func check(_ message: SentMessage, _ declaration: ComponentDeclaration, _ findings: inout Findings) {
        let what = "\(declaration.name) sends \(message.name) from \(message.from.role) to \(message.to.role)"
        guard let declared = declaration.wire.first(where: { $0.name == message.name }) else {
            return findings.fail("\(what), which its manifest does not name")
        }
        if !declared.from.contains(where: { $0.rawValue == message.from.role.rawValue }) {
            findings.fail("\(what), which the manifest lets only \(list(declared.from)) send")
        }
        if !declared.to.contains(where: { $0.rawValue == message.to.role.rawValue }) {
            findings.fail("\(what), which the manifest sends only to \(list(declared.to))")
        }
        if (declared.kind == .table) != message.isTable {
            findings.fail(
                "\(what) as \(message.isTable ? "a table" : "an object"), the manifest as \(declared.kind.rawValue)")
        }
        if let maximum = declared.maximumBytes, message.byteCount > maximum {
            findings.fail("\(what) with \(message.byteCount) bytes, above the manifest's max_bytes \(maximum)")
        }
    }

    private func list(_ roles: [Manifest.Role]) -> String { roles.map(\.rawValue).joined(separator: " and ") }

    private func checkExtensions(_ watcher: Watcher, _ declaration: ComponentDeclaration, _ findings: inout Findings) {
        let permitted = Set(declaration.permissions.map(\.extension))
        for call in watcher.seen.calls where call.name == "get_extension" && !permitted.contains(call.detail) {
            findings.fail("\(declaration.name) asks for \(call.detail), which is not among its permissions")
        }
    }

    private func checkOutputs(_ watcher: Watcher, _ declaration: ComponentDeclaration, _ findings: inout Findings) {
        for call in watcher.seen.calls where ["artifacts.output_table", "artifacts.write"].contains(call.name) {
            let isTable = call.name == "artifacts.output_table"
            let what = "\(declaration.name) hands out \(call.detail) at \(watcher.party.role)"
            guard let port = declaration.output(call.detail) else {
                findings.fail("\(what), which its manifest does not name")
                continue
            }
            if (port.kind == .table) != isTable {
                findings.fail("\(what) as \(isTable ? "a table" : "bytes"), the manifest as a \(port.kind.rawValue)")
            }
            if !port.roles.contains(where: { $0.rawValue == watcher.party.role.rawValue }) {
                findings.fail("\(what), which the manifest gives to \(list(port.roles)) only")
            }
        }
    }
}
