import NornABI
import NornKit
import NornManifest
import NornTestHost

/// Rules 1201 and 1202: parameters and rows that nobody would give, the same ones for the same seed.
struct FuzzRules {
    static let parameterSets = 300
    /// Sets with which a run is begun, and cancelled at its second host call.
    static let runsBegun = 24
    static let batchesOfAKernel = 60

    let plugin: CheckedPlugin
    let trial: Trial

    func findings(_ number: Int) async throws -> Findings {
        trial.teller.at("entering it")
        let table = try LoadedPlugin(path: plugin.library).enter()
        return number == 1201 ? try await parameters(table) : try await rows(table)
    }

    private func parameters(_ table: UnsafePointer<norn_plugin>) async throws -> Findings {
        var findings = Findings()
        findings.notes = ["Seed \(trial.seed)."]
        for component in table.components {
            let name = component.pointee.name.trialText
            guard let declared = plugin.manifest?.component(name) else { continue }
            var fuzz = ParameterFuzz(schema: declared.parameters, seed: trial.seed)
            let role = declared.roles.first?.rawValue ?? "guest"
            for index in 0..<Self.parameterSets {
                let bytes = fuzz.next()
                trial.teller.at(
                    "creating \(name) with the parameters number \(index) of seed \(trial.seed): \(Self.shown(bytes))")
                let answer = TrialTask(component: name, role: role, parameters: bytes)
                    .create(component, host: GenerousHost.table)
                if !answer.isErrorIntact {
                    findings.fail("\(name) writes beyond the error it was given, for \(Self.shown(bytes))")
                }
                if answer.status != NORN_OK, answer.message.isEmpty {
                    findings.fail("\(name) refuses parameters without a word: \(Self.shown(bytes))")
                }
                answer.destroy(component)
            }
        }
        for runner in try CaseRunner.all(plugin, table) { try await begin(runner) }
        return findings
    }

    /// Begins runs, since many components read their parameters there; valid ones by the schema, odd by their values.
    private func begin(_ runner: CaseRunner) async throws {
        var fuzz = ParameterFuzz(schema: runner.declaration.parameters, seed: trial.seed)
        for index in 0..<Self.runsBegun {
            let parameters = fuzz.nextValid()
            let text = String(parameters.text().prefix(300))
            trial.teller.at("beginning \(runner.given.component) with the valid parameters number \(index): \(text)")
            let plans = Dictionary(
                uniqueKeysWithValues: runner.parties.map { ($0, Watcher.Plan.cancel(call: 2 + index % 5)) })
            _ = try await runner.run(plans: plans, parameters: parameters)
        }
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        if let value = try? NornManifest.CBOR(decoding: bytes), let json = JSON(value) {
            return String(json.text().prefix(300))
        }
        return bytes.prefix(40).map { String($0, radix: 16) }.joined(separator: " ")
    }

    private func rows(_ table: UnsafePointer<norn_plugin>) async throws -> Findings {
        let recorded = try await KernelRecordings(plugin: plugin, trial: trial).record(table)
        if let skipped = recorded.skipped { return .skipped(skipped) }
        var findings = Findings()
        findings.notes = recorded.notes + ["Seed \(trial.seed)."]
        var seen: Set<String> = []
        for (component, recording) in recorded.recordings where seen.insert("\(component) \(recording.name)").inserted {
            let name = "\(component)'s kernel \(recording.name)"
            var fuzz = RowFuzz(recording, seed: trial.seed)
            for index in 0..<Self.batchesOfAKernel {
                trial.teller.at("running \(name) on the rows number \(index) of seed \(trial.seed)")
                let given = fuzz.next()
                let outcome = KernelReplay.whole(given.recording, closure: given.closure, isProtected: true)
                if outcome.status != NORN_OK, outcome.message.isEmpty {
                    findings.fail("\(name) fails with status \(outcome.status) and no word on the rows number \(index)")
                }
                for violation in outcome.violations {
                    findings.fail("\(name): \(violation), on the rows number \(index)")
                }
            }
        }
        return findings
    }
}

/// Rows for a kernel: recorded ones with parts changed, and some from nothing.
struct RowFuzz {
    private let recording: KernelRecording
    private var numbers: SeededNumbers

    init(_ recording: KernelRecording, seed: UInt64) {
        self.recording = recording
        numbers = SeededNumbers(seed: seed)
    }

    mutating func next() -> (recording: KernelRecording, closure: [UInt8]) {
        var copy = recording
        copy.steps = Array(copy.steps.prefix(4)).map { step in
            KernelRecording.Step(left: step.left.map { changed($0) }, right: step.right)
        }
        // Both sides of an aligned zip have the same keys, or its right side is none.
        copy.steps = zip(copy.steps, recording.steps).map { step, original in
            guard let left = step.left, let right = original.right, left.rows.count == right.rows.count else {
                return original.right == nil ? step : original
            }
            let rows = zip(left.rows, right.rows).map { left, right in
                RecordedBatch.Row(key: left.key, value: oddValue(right.value), isValid: right.isValid)
            }
            return KernelRecording.Step(left: left, right: RecordedBatch(rows: rows))
        }
        let hasOddClosure = Int.random(in: 0..<4, using: &numbers) == 0
        return (copy, hasOddClosure ? oddValue(recording.closure) : recording.closure)
    }

    private mutating func changed(_ batch: RecordedBatch) -> RecordedBatch {
        if Int.random(in: 0..<8, using: &numbers) == 0 { return RecordedBatch(rows: []) }
        var rows = Array(batch.rows.prefix(64)).map { row in
            Int.random(in: 0..<3, using: &numbers) > 0
                ? row : RecordedBatch.Row(key: row.key, value: oddValue(row.value), isValid: row.isValid)
        }
        if batch.rows.first?.isValid == nil, Int.random(in: 0..<4, using: &numbers) == 0 {
            rows = oddKeys(rows)
        }
        return RecordedBatch(rows: rows)
    }

    /// Other keys, still ascending and unique, as short and as long as keys may be.
    private mutating func oddKeys(_ rows: [RecordedBatch.Row]) -> [RecordedBatch.Row] {
        var keys: Set<[UInt8]> = []
        while keys.count < rows.count {
            let count = [1, 2, 9, 511].randomElement(using: &numbers) ?? 1
            keys.insert((0..<count).map { _ in UInt8.random(in: 0...255, using: &numbers) })
        }
        return zip(rows, keys.sorted { $0.lexicographicallyPrecedes($1) }).map {
            RecordedBatch.Row(key: $1, value: $0.value, isValid: $0.isValid)
        }
    }

    private mutating func oddValue(_ value: [UInt8]) -> [UInt8] {
        switch Int.random(in: 0..<6, using: &numbers) {
        case 0: return []
        case 1: return Array(value.dropLast())
        case 2: return value + [UInt8.random(in: 0...255, using: &numbers)]
        case 3: return value.map { _ in UInt8.random(in: 0...255, using: &numbers) }
        case 4: return [UInt8](repeating: 0xff, count: value.count)
        default:
            return (0..<Int.random(in: 0..<200, using: &numbers)).map { _ in UInt8.random(in: 0...255, using: &numbers)
            }
        }
    }
}
