import Foundation
import NornManifest
import NornStore
import Synchronization

/// CBOR from components as JSON for people.
enum TrackingValues {
    /// Bytes that are not CBOR, or hold bytes, become null: they are shown, never computed with.
    static func json(_ cbor: [UInt8]) -> JSON {
        guard let value = try? CBOR(decoding: cbor) else { return .null }
        return JSON(value) ?? .null
    }
}

/// Collects what attempts tell and appends it in batches, so that a chatty component does not wait for the disk.
actor TrackingWriter {
    static let batchMaximum = 256
    static let flushMilliseconds = 50
    /// Metrics, summaries and models of one attempt; the rest is dropped with a line in the log.
    static let recordsOfAttemptMaximum = 100_000

    private let store: any Store
    private let feed: EventFeed
    private var pending: [TrackingRecord] = []
    private var isScheduled = false

    init(store: any Store, feed: EventFeed) {
        self.store = store
        self.feed = feed
    }

    func append(_ record: TrackingRecord) async {
        pending.append(record)
        if pending.count >= Self.batchMaximum {
            await flush()
        } else if !isScheduled {
            isScheduled = true
            Task {
                try? await Task.sleep(for: .milliseconds(Self.flushMilliseconds))
                await self.flush()
            }
        }
    }

    /// Writes what is pending; called at an attempt's end before its state changes.
    func flush() async {
        isScheduled = false
        guard !pending.isEmpty else { return }
        let batch = pending
        pending = []
        try? await store.appendTracking(batch)
        feed.changed(Set(batch.map(\.job)))
    }
}

/// The last word of each running attempt on how far it is. It lives in memory alone: a restart ends the attempts.
final class ProgressBoard: Sendable {
    private let entries = Mutex<[String: ProgressView]>([:])

    static func key(job: String, task: String, role: String, party: String) -> String {
        "\(job)/\(task)/\(role)/\(party)"
    }

    func set(_ key: String, _ progress: ProgressView) {
        entries.withLock { $0[key] = progress }
    }

    func remove(_ key: String) {
        entries.withLock { _ = $0.removeValue(forKey: key) }
    }

    func progress(_ key: String) -> ProgressView? {
        entries.withLock { $0[key] }
    }

    /// One text that changes whenever a running attempt of the job at the caller's parties moves.
    func text(job: String, _ caller: Caller) -> String {
        let mine = entries.withLock { $0.filter { $0.key.hasPrefix(job + "/") } }.filter { key, _ in
            key.split(separator: "/").last.map { caller.mayActFor(String($0)) } ?? false
        }
        let members = mine.sorted { $0.key < $1.key }.map { key, value -> (String, JSON) in
            let place = String(key.dropFirst(job.count + 1))
            return (
                place, ["done": .int(Int(value.done)), "total": .int(Int(value.total)), "text": .string(value.text)]
            )
        }
        return JSON.object(JSONObject(members)).text()
    }
}
