import Foundation
import NornFlow
import NornStore
import Synchronization

/// Plugins that no job may use for a while, as they crashed for several jobs within a short time. They are known by
/// their library's digest: another build of the same version is another plugin.
final class Quarantine: Sendable {
    /// The value of the store that holds the entries.
    static let valueName = "quarantine"
    static let entriesMaximum = 1024
    /// Plugins, and jobs of each, whose crashes are remembered. A restart of the site forgets them.
    static let pluginsRemembered = 1024
    static let jobsRemembered = SiteSettings.Quarantine.crashesMaximum

    struct Entry: Codable, Equatable, Sendable {
        var plugin: PluginShelf.Plugin
        var reason: String
        /// Wall milliseconds since 1970.
        var since: Int64
        var until: Int64
    }

    private struct Crash: Sendable {
        var job: JobID
        var time: Int64
    }

    private struct State: Sendable {
        var entries: [String: Entry] = [:]
        var crashes: [String: [Crash]] = [:]
    }

    let settings: SiteSettings.Quarantine
    private let store: any Store
    private let state = Mutex(State())

    init(settings: SiteSettings.Quarantine, store: any Store) {
        self.settings = settings
        self.store = store
    }

    /// Reads what an earlier run of the site left.
    func load() async throws {
        guard let text = try await store.value(Self.valueName),
            let entries = try? JSONDecoder().decode([Entry].self, from: Data(text.utf8))
        else { return }
        state.withLock { state in
            for entry in entries { state.entries[entry.plugin.digest] = entry }
        }
    }

    /// Why a library may not be used now; nil when it may.
    func entry(of digest: String, now: Int64 = Clocks.wallMilliseconds()) -> Entry? {
        state.withLock { $0.entries[digest] }.flatMap { $0.until > now ? $0 : nil }
    }

    func entries(now: Int64 = Clocks.wallMilliseconds()) -> [Entry] {
        state.withLock { Array($0.entries.values) }.filter { $0.until > now }
            .sorted { ($0.since, $0.plugin.digest) < ($1.since, $1.plugin.digest) }
    }

    // MARK: Changes

    /// Notes that a worker died of a signal that its own code raised. Several crashes of one job, as its retries are,
    /// count once: what one job's data do is no reason to take a plugin from all others.
    /// - Parameter words: what the crash report says, without a component's own words.
    func crashed(
        _ plugin: PluginShelf.Plugin, job: JobID, _ words: String, now: Int64 = Clocks.wallMilliseconds()
    ) async throws {
        guard settings.crashes > 0, let entry = place(plugin, job: job, words, now: now) else { return }
        try await keep([
            NewAuditEntry(
                time: now, kind: .quarantinePlaced, actor: "site", job: job, subject: plugin.name,
                digest: plugin.digest, text: entry.reason)
        ])
    }

    private func place(_ plugin: PluginShelf.Plugin, job: JobID, _ words: String, now: Int64) -> Entry? {
        let minutes = settings.windowMinutes
        return state.withLock { state in
            var crashes = state.crashes[plugin.digest] ?? []
            crashes.removeAll { $0.job == job || now - $0.time > Int64(minutes) * 60_000 }
            crashes = crashes.suffix(Self.jobsRemembered - 1) + [Crash(job: job, time: now)]
            if state.crashes.count >= Self.pluginsRemembered { state.crashes.removeAll() }
            state.crashes[plugin.digest] = crashes
            guard crashes.count >= settings.crashes else { return nil }
            state.crashes[plugin.digest] = nil
            state.entries = state.entries.filter { $0.value.until > now }
            guard state.entries.count < Self.entriesMaximum else { return nil }
            let jobs = crashes.count == 1 ? "1 job" : "\(crashes.count) jobs"
            let entry = Entry(
                plugin: plugin, reason: "it crashed for \(jobs) within \(minutes) minutes: \(words)", since: now,
                until: now + Int64(settings.hours) * 3_600_000)
            state.entries[plugin.digest] = entry
            return entry
        }
    }

    /// Lets a plugin be used again.
    /// - Parameter digest: its digest, or enough of its beginning to know it.
    func lift(_ digest: String, by person: String, now: Int64 = Clocks.wallMilliseconds()) async throws -> Entry {
        let found = entries(now: now).filter { $0.plugin.digest.hasPrefix(digest) }
        guard let entry = found.first, !digest.isEmpty else { throw SiteError.notFound("quarantined plugin", digest) }
        guard found.count == 1 else {
            throw SiteError.invalid("\(found.count) plugins in quarantine begin with \(digest)", field: "digest")
        }
        state.withLock { $0.entries[entry.plugin.digest] = nil }
        try await keep([
            NewAuditEntry(
                time: now, kind: .quarantineLifted, actor: person, subject: entry.plugin.name,
                digest: entry.plugin.digest, text: entry.reason)
        ])
        return entry
    }

    /// Writes the entries as they are, and again if they changed meanwhile: the last one to write has the newest.
    private func keep(_ audit: [NewAuditEntry]) async throws {
        var commit = Commit()
        commit.audit = audit
        var written = ""
        var text = try encoded()
        while text != written {
            commit.values = [NamedValue(name: Self.valueName, value: text)]
            try await store.commit(commit)
            commit.audit = []
            (written, text) = (text, try encoded())
        }
    }

    private func encoded() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let entries = state.withLock { $0.entries.values.sorted { $0.plugin.digest < $1.plugin.digest } }
        return String(decoding: try encoder.encode(entries), as: UTF8.self)
    }
}

extension Quarantine.Entry {
    /// For the person whose job is refused.
    func failure(_ task: JobTask, at party: Party) -> Failure {
        Failure(
            .refused,
            "the plugin \(plugin.name) of \(task.module) is in quarantine at \(party.text) until "
                + "\(Self.text(until)): \(reason)", party: party, task: task.name,
            field: "dsl.components.\(task.name).module",
            advice: "Mend it, or lift it there: norn component quarantine lift \(plugin.digest.prefix(12))")
    }

    private static func text(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
    }
}
