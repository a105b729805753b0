import Glibc
import NornABI
import NornLinux
import NornManifest

/// Rules 601 to 605: from create to destroy.
struct LifecycleRules {
    static let repetitions = 1000
    /// What the heap may grow over those repetitions and still count as not growing: caches fill up.
    static let heapBytesMaximum = 64 << 10
    /// Runs in one process; what stays after the first may be a runtime's pool.
    static let runs = 5

    let plugin: CheckedPlugin
    let trial: Trial

    func findings(_ number: Int) async throws -> Findings {
        trial.teller.at("entering it")
        let table = try LoadedPlugin(path: plugin.library).enter()
        switch number {
        case 601: return try await success(table)
        case 602: return unrun(table)
        case 603: return growth(table)
        case 604: return try await remains(table)
        default: return explanations(table)
        }
    }

    private func success(_ table: UnsafePointer<norn_plugin>) async throws -> Findings {
        var findings = Findings()
        for runner in try CaseRunner.all(plugin, table) {
            trial.teller.at("running \(runner.given.component)")
            let run = try await runner.run()
            if let failure = run.failure {
                let hint = runner.given.isStandard ? " (a case that the kit made up: give one in check.json)" : ""
                findings.fail("\(runner.given.component) fails\(hint): \(failure)")
            } else {
                let calls = run.watchers.map { "\($0.party) \($0.seen.callCount)" }.joined(separator: ", ")
                findings.notes.append("\(runner.given.component): host calls \(calls).")
            }
        }
        return findings
    }

    private func instances(
        _ table: UnsafePointer<norn_plugin>,
        _ body: (String, UnsafePointer<norn_component>, UnsafeMutableRawPointer?) -> Void
    ) {
        for component in table.components {
            let name = component.pointee.name.trialText
            trial.teller.at("creating \(name)")
            let answer = TrialTask(component: name, manifest: plugin.manifest).create(
                component, host: GenerousHost.table)
            if answer.status == NORN_OK { body(name, component, answer.instance) }
        }
    }

    private func unrun(_ table: UnsafePointer<norn_plugin>) -> Findings {
        var findings = Findings()
        var created = 0
        instances(table) { name, component, instance in
            created += 1
            trial.teller.at("destroying \(name), which never ran")
            component.pointee.destroy(instance)
        }
        instances(table) { name, component, instance in
            trial.teller.at("cancelling \(name) three times before it runs")
            for reason in 1...3 as ClosedRange<UInt32> { component.pointee.cancel(instance, reason) }
            trial.teller.at("destroying \(name), which was cancelled and never ran")
            component.pointee.destroy(instance)
        }
        if created == 0 { findings.skipped = "No component could be created with its defaults: see 605." }
        return findings
    }

    private func growth(_ table: UnsafePointer<norn_plugin>) -> Findings {
        var findings = Findings()
        for component in table.components {
            let name = component.pointee.name.trialText
            let task = TrialTask(component: name, manifest: plugin.manifest)
            let turn = { (count: Int) in
                for _ in 0..<count { task.create(component, host: GenerousHost.table).destroy(component) }
            }
            trial.teller.at("creating and destroying \(name) \(Self.repetitions) times")
            turn(Self.repetitions)
            let before = (ProcessState(), ProcessHeap.bytes)
            turn(Self.repetitions)
            let after = (ProcessState(), ProcessHeap.bytes)
            let grown = after.1 - before.1
            if grown > Self.heapBytesMaximum {
                findings.fail(
                    "\(name)'s memory grows by \(grown / Self.repetitions) bytes with each create and destroy")
            }
            let files = after.0.files.count - before.0.files.count
            if files > 0 {
                findings.fail("\(name) leaves \(files) file descriptors open after \(Self.repetitions) destroys")
            }
            let threads = after.0.threads.count - before.0.threads.count
            if threads > 0 { findings.fail("\(name) leaves \(threads) threads after \(Self.repetitions) destroys") }
        }
        return findings
    }

    private func remains(_ table: UnsafePointer<norn_plugin>) async throws -> Findings {
        var findings = Findings()
        for runner in try CaseRunner.all(plugin, table) {
            let name = runner.given.component
            trial.teller.at("running \(name) for the first time")
            var run = try await runner.run()
            if run.failure != nil {
                findings.notes.append("\(name)'s case fails: see rule 601.")
                continue
            }
            var before = ProcessState()
            for index in 1...Self.runs {
                trial.teller.at("running \(name) once more (\(index))")
                run = try await runner.run()
                if index == 1 { before = ProcessState() }
            }
            let after = Self.settled(before)
            for difference in before.differences(to: after) {
                findings.fail("after \(Self.runs) runs of \(name) \(difference)")
            }
            for watcher in run.watchers {
                if let call = watcher.seen.callsAfterDestroy.first {
                    findings.fail("\(name) at \(watcher.party) calls \(call) after it was destroyed")
                }
            }
        }
        return findings
    }

    /// Threads that are about to end may take a moment on a busy machine.
    private static func settled(_ before: ProcessState) -> ProcessState {
        let end = TrialClock.milliseconds + 3000
        var after = ProcessState()
        while !before.differences(to: after).isEmpty, TrialClock.milliseconds < end {
            usleep(20_000)
            after = ProcessState()
        }
        return after
    }

    /// create with parameters that nobody can read, and with none: refused in words, or taken.
    private func explanations(_ table: UnsafePointer<norn_plugin>) -> Findings {
        var findings = Findings()
        for component in table.components {
            let name = component.pointee.name.trialText
            let role = plugin.manifest?.component(name)?.roles.first?.rawValue ?? "guest"
            for (what, parameters) in [("no CBOR", [UInt8(0xff)]), ("empty", []), ("a number", [0x01])] {
                trial.teller.at("creating \(name) with parameters that are \(what)")
                let answer = TrialTask(component: name, role: role, parameters: parameters)
                    .create(component, host: GenerousHost.table)
                check(answer, "\(name) with parameters that are \(what)", &findings)
                answer.destroy(component)
            }
            trial.teller.at("creating \(name) with a host that grants nothing")
            let answer = TrialTask(component: name, manifest: plugin.manifest).create(component, host: TrialHost.table)
            check(answer, "\(name) with a host that grants nothing", &findings)
            answer.destroy(component)
        }
        return findings
    }

    private func check(_ answer: TrialTask.Answer, _ what: String, _ findings: inout Findings) {
        if !answer.isErrorIntact { findings.fail("creating \(what) writes beyond the error it was given") }
        if answer.status != NORN_OK, answer.message.isEmpty {
            findings.fail("creating \(what) gives status \(answer.status) and no word")
        }
        if answer.status == NORN_OK, !answer.message.isEmpty {
            findings.fail("creating \(what) gives NORN_OK, and an error: \(answer.message)")
        }
    }
}

/// What this process has of its allocator.
enum ProcessHeap {
    static var bytes: Int {
        Int(norn_linux_allocated_bytes())
    }
}
