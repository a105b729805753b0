import NornABI
import NornManifest
import NornRegistry

/// Rules 501 and 502: what a plugin says of itself.
struct DescriptionRules {
    static let repetitions = 100

    let plugin: CheckedPlugin
    let teller: Teller

    func findings(_ number: Int) throws -> Findings {
        teller.at("letting it describe itself")
        let table = try LoadedPlugin(path: plugin.library).enter()
        return try number == 501 ? difference(table) : purity(table)
    }

    private func difference(_ table: UnsafePointer<norn_plugin>) throws -> Findings {
        guard let manifest = plugin.manifest else { return .skipped("There is no manifest: see rule 101.") }
        var findings = Findings()
        let described = Describing.all(table)
        guard described.allSatisfy({ $0 != nil }) else {
            findings.fail("a component or an engine fails to describe itself")
            return findings
        }
        let items = described.map { CBOR.bytes($0 ?? []) }
        let count = Int(table.pointee.component_count)
        let description: CBOR = [
            "plugin": [
                "id": .text(table.pointee.id.trialText), "version": .text(table.pointee.version.trialText),
                "level_min": .int(Int(table.pointee.level_min)), "level_built": .int(Int(table.pointee.level_built)),
            ],
            "components": .array(Array(items.prefix(count))), "engines": .array(Array(items.dropFirst(count))),
        ]
        if let difference = DescriptionCheck.difference(description.encoded(), from: manifest) {
            findings.fail(difference)
        }
        return findings
    }

    private func purity(_ table: UnsafePointer<norn_plugin>) throws -> Findings {
        var findings = Findings()
        let first = Describing.all(table)
        for _ in 0..<Self.repetitions where Describing.all(table) != first {
            findings.fail("a later description differs from the first")
        }
        for component in table.components {
            let name = component.pointee.name.trialText
            let describe = { component.pointee.describe(component, $0, $1) }
            let whole = Describing.gather(describe)
            guard whole.status == NORN_OK, let bytes = whole.bytes else {
                findings.fail("\(name)'s describe gives status \(whole.status)")
                continue
            }
            do { _ = try CBOR(decoding: bytes, requireDeterministic: true) } catch {
                findings.fail("\(name)'s description is no deterministic CBOR: \(error)")
            }
            for write in 1...max(1, whole.writes) {
                teller.at("letting \(name) describe itself to a sink that fails at write \(write)")
                let failed = Describing.gather(failingAt: write, describe)
                if failed.status == NORN_OK {
                    findings.fail("\(name)'s describe does not pass on that the sink failed")
                }
            }
        }
        return findings
    }
}
