import Foundation
import NornFlow
import NornManifest
import NornStore

/// The event log as a caller may see it: what happened to jobs as a whole, and at the caller's own parties.
struct EventPages: Sendable {
    let store: any Store

    func next(after: Int64, job: String, limit: Int, _ caller: Caller) async throws -> [EventView] {
        var after = after
        while true {
            let events = try await store.events(after: after, job: job, limit: limit)
            guard let last = events.last else { return [] }
            let visible = events.filter { Self.isVisible($0, caller) }
            // A page of which nothing is left is not the end of the log.
            guard visible.isEmpty else { return visible.map(Self.view) }
            after = last.sequence
        }
    }

    private static func isVisible(_ event: StoredEvent, _ caller: Caller) -> Bool {
        guard !caller.parties.isEmpty else { return true }
        guard let entry = try? JSONDecoder().decode(LogEntry.self, from: event.payload) else { return false }
        return entry.party.map { caller.mayActFor($0.id) } ?? true
    }

    private static func view(_ event: StoredEvent) -> EventView {
        EventView(
            sequence: event.sequence, job: event.job, kind: event.kind,
            value: (try? JSON(parsing: Array(event.payload))) ?? .null, time: event.time)
    }
}
