import Foundation
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// The logs of a job in FATE-Flow's folders: `guest/9999/INFO.log` with all that its components said,
/// `guest/9999/hetero_lr_0/INFO.log` with what one said, `fate_flow_schedule.log` with what became of the job.
struct V1LogArchive {
    /// Each file holds its own level and those above it.
    static let levels = ["DEBUG", "INFO", "WARNING", "ERROR"]
    /// Of one component at one party.
    static let linesMaximum = 200_000
    static let eventsAtOnce = 1000

    let site: Site
    let facts: JobFacts
    let caller: Caller

    /// A file in a fresh folder, which the caller removes.
    func write() async throws -> URL {
        let archive = try site.newUploadFile()
        do {
            var tar = try TarFile(archive)
            try tar.add("fate_flow_schedule.log", Array(try await schedule().utf8))
            for (party, job) in facts.parties { try await add(party, job, to: &tar, beside: archive) }
            try tar.finish()
            return archive
        } catch {
            try? FileManager.default.removeItem(at: archive.deletingLastPathComponent())
            throw error
        }
    }

    /// One component after another, so that no more than one component's log is in memory.
    private func add(_ party: Party, _ job: Job, to tar: inout TarFile, beside archive: URL) async throws {
        let folder = "\(party.role.rawValue)/\(party.v1ID)"
        var files: [String: FileHandle] = [:]
        let place = archive.deletingLastPathComponent()
        for level in Self.levels {
            let url = place.appending(path: level)
            try Data().write(to: url)
            files[level] = try FileHandle(forWritingTo: url)
        }
        for task in job.tasks where task.parties.contains(party) {
            let filter = LogFilter(
                task: task.name, role: party.role.rawValue, party: party.id, attempt: .all, level: nil,
                lines: Self.linesMaximum)
            let lines = try await site.logs(job: job.id, filter, caller).lines
            for (rank, level) in Self.levels.enumerated() {
                let text = lines.filter { Self.rank($0.level) >= rank }.map { line($0, job.id) }.joined()
                try files[level]?.write(contentsOf: Data(text.utf8))
                try tar.add("\(folder)/\(task.name)/\(level).log", Array(text.utf8))
            }
        }
        for level in Self.levels {
            if let failure = facts.summary.failure {
                let text = "[ERROR] [\(V1Time.preciseText(facts.summary.ended ?? 0))] [\(job.id)] - \(failure)\n"
                try files[level]?.write(contentsOf: Data(text.utf8))
            }
            try files[level]?.close()
            try tar.add("\(folder)/\(level).log", contentsOf: place.appending(path: level))
        }
    }

    private func line(_ line: LogView.Line, _ job: JobID) -> String {
        let level = Self.levels[Self.rank(line.level)]
        return "[\(level)] [\(V1Time.preciseText(line.time))] [\(job)] [\(line.task)_\(line.attempt)] - \(line.text)\n"
    }

    private static func rank(_ level: String) -> Int {
        switch level {
        case "debug": 0
        case "info": 1
        case "warning": 2
        default: 3
        }
    }

    private func schedule() async throws -> String {
        var text = ""
        var last: Int64 = 0
        while true {
            let events = try await site.events(
                after: last, job: facts.summary.job, limit: Self.eventsAtOnce, caller)
            guard let newest = events.last else { return text }
            for event in events {
                text +=
                    "[INFO] [\(V1Time.preciseText(event.time))] [\(event.job)] - \(event.kind) \(event.value.text())\n"
            }
            last = newest.sequence
        }
    }
}
