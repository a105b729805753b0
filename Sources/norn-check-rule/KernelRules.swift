import NornABI
import NornKit
import NornManifest
import NornTestHost

/// Rules 901 to 906: kernels, on the rows that the cases' runs gave them.
struct KernelRules {
    /// Rows a recording may have to be cut into single ones.
    static let singleRowsMaximum = 4096

    let plugin: CheckedPlugin
    let trial: Trial

    func findings(_ number: Int) async throws -> Findings {
        trial.teller.at("entering it")
        let loaded = try LoadedPlugin(path: plugin.library)
        let table = try loaded.enter()
        let recorded = try await KernelRecordings(plugin: plugin, trial: trial).record(table)
        if let skipped = recorded.skipped { return .skipped(skipped) }
        var findings = Findings()
        findings.notes = recorded.notes
        if number == 902 {
            try RemoteReplay(plugin: plugin, teller: trial.teller).compare(recorded.recordings, &findings)
            return findings
        }
        for (component, recording) in recorded.recordings where !recording.isCut {
            let name = "\(component)'s kernel \(recording.name)"
            trial.teller.at(
                "running \(name) on partition \(recording.partition)\(number == 905 ? ", its rows write-protected" : "")"
            )
            switch number {
            case 901: again(recording, name, &findings)
            case 903: cutElsewhere(recording, name, &findings)
            case 904: inParts(recording, name, &findings)
            case 905: _ = KernelReplay.whole(recording, isProtected: true)
            default:
                for violation in KernelReplay.whole(recording).violations { findings.fail("\(name): \(violation)") }
            }
        }
        return findings
    }

    /// Twice, one after the other, and two at once step by step.
    private func again(_ recording: KernelRecording, _ name: String, _ findings: inout Findings) {
        let first = KernelReplay.whole(recording)
        if KernelReplay.whole(recording) != first { findings.fail("\(name) gives something else when it is run again") }
        let both = [KernelReplay(recording), KernelReplay(recording)]
        for step in recording.steps { for replay in both { replay.step(step) } }
        if both.map({ $0.end() }) != [first, first] {
            findings.fail("\(name) gives something else when two run at once")
        }
    }

    private func cutElsewhere(_ recording: KernelRecording, _ name: String, _ findings: inout Findings) {
        guard recording.hasAlignedSides else { return }
        let first = KernelReplay.whole(recording)
        var cuts = [recording.cut(every: 7), recording.cut(every: 1000)]
        if recording.rowCount <= Self.singleRowsMaximum { cuts.append(recording.cut(every: 1)) }
        for cut in cuts where !KernelReplay.whole(cut).means(first) {
            findings.fail("\(name) gives something else when the same rows come in \(cut.steps.count) batches")
        }
    }

    /// fold(a), fold(b), merge: the same as fold(a and b).
    private func inParts(_ recording: KernelRecording, _ name: String, _ findings: inout Findings) {
        guard recording.isFold, recording.rowCount > 1 else { return }
        let whole = KernelReplay.whole(recording)
        for half in Set([recording.rowCount / 2, 1]) {
            let (first, second) = recording.split(at: half)
            let rest = KernelReplay.whole(second)
            let merged = KernelReplay(recording)
            for step in first.steps { merged.step(step) }
            merged.merge(rest.frozen)
            if !merged.end().means(whole) {
                findings.fail(
                    "\(name) folds \(half) and \(recording.rowCount - half) rows to something else than all at once")
            }
        }
    }
}

/// What all kernels of a plugin were given in its cases.
struct KernelRecordings {
    let plugin: CheckedPlugin
    let trial: Trial

    struct Recorded {
        var recordings: [(component: String, recording: KernelRecording)] = []
        var notes: [String] = []
        var skipped: String?
    }

    func record(_ table: UnsafePointer<norn_plugin>) async throws -> Recorded {
        var recorded = Recorded()
        for runner in try CaseRunner.all(plugin, table) {
            trial.teller.at("running \(runner.given.component)")
            let run = try await runner.run(records: true)
            if run.failure != nil { recorded.notes.append("\(runner.given.component)'s case fails: see rule 601.") }
            for recording in run.watchers.flatMap(\.seen.recordings) {
                recorded.recordings.append((runner.given.component, recording))
            }
        }
        let used = Set(recorded.recordings.map { "\($0.component) \($0.recording.name)" })
        for component in plugin.manifest?.components ?? [] {
            for kernel in component.kernels where !used.contains("\(component.name) \(kernel.name)") {
                recorded.notes.append("No case uses \(component.name)'s kernel \(kernel.name).")
            }
        }
        if recorded.recordings.isEmpty { recorded.skipped = "No case uses a kernel." }
        return recorded
    }
}

extension KernelRecording {
    var rowCount: Int { steps.reduce(0) { $0 + ($1.left?.rows.count ?? $1.right?.rows.count ?? 0) } }

    /// Batches may be cut anywhere when both sides, if there are two, have the same keys row by row.
    var hasAlignedSides: Bool {
        steps.allSatisfy { step in
            guard let right = step.right else { return step.left != nil }
            return step.left?.rows.map(\.key) == right.rows.map(\.key)
        }
    }

    private var rows: (left: [RecordedBatch.Row], right: [RecordedBatch.Row]?) {
        let isZip = steps.contains { $0.right != nil }
        return (steps.flatMap { $0.left?.rows ?? [] }, isZip ? steps.flatMap { $0.right?.rows ?? [] } : nil)
    }

    private func taking(_ range: Range<Int>, every count: Int) -> KernelRecording {
        let (left, right) = rows
        var copy = self
        copy.steps = stride(from: range.lowerBound, to: range.upperBound, by: count).map { start in
            let part = start..<min(start + count, range.upperBound)
            return Step(
                left: RecordedBatch(rows: Array(left[part])), right: right.map { RecordedBatch(rows: Array($0[part])) })
        }
        return copy
    }

    /// The same rows in batches of another size.
    func cut(every count: Int) -> KernelRecording { taking(0..<rows.left.count, every: count) }

    /// The rows before and from a place on.
    func split(at place: Int) -> (KernelRecording, KernelRecording) {
        (
            taking(0..<place, every: max(1, place)),
            taking(place..<rows.left.count, every: max(1, rows.left.count - place))
        )
    }
}
