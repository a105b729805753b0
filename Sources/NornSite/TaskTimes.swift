import Foundation
import NornFlow
import NornManifest
import NornStore
import Synchronization

/// When tasks and attempts began and ended, from the log of events.
struct TaskTimes: Sendable {
    private struct Key: Hashable {
        var task: String
        var attempt: Int
        var party: Party
    }

    private(set) var started: [String: Int64] = [:]
    private(set) var ended: [String: Int64] = [:]
    private var workerStarted: [Key: Int64] = [:]
    private var workerEnded: [Key: Int64] = [:]
    private var newest: [String: Int] = [:]

    /// Events in the order of the log. A task that runs again begins anew.
    mutating func add(_ entry: LogEntry, time: Int64) {
        guard let task = entry.task else { return }
        if let attempt = entry.attempt { newest[task] = max(newest[task] ?? 0, attempt) }
        switch entry.subject {
        case .task:
            if entry.to == TaskStatus.running.rawValue, started[task] == nil || ended[task] != nil {
                started[task] = time
                ended[task] = nil
            }
            if TaskStatus(rawValue: entry.to)?.isFinal == true { ended[task] = time }
        case .worker:
            guard let attempt = entry.attempt, let party = entry.party else { return }
            let key = Key(task: task, attempt: attempt, party: party)
            if WorkerStatus(rawValue: entry.to)?.isFinal == true {
                workerEnded[key] = time
            } else if workerStarted[key] == nil {
                workerStarted[key] = time
            }
        default: break
        }
    }

    func newestAttempt(_ task: String) -> Int { newest[task] ?? 0 }

    /// How long a party worked, or works.
    func milliseconds(_ task: String, _ attempt: Int, _ party: Party) -> Int64? {
        let key = Key(task: task, attempt: attempt, party: party)
        guard let start = workerStarted[key] else { return nil }
        return (workerEnded[key] ?? Clocks.wallMilliseconds()) - start
    }
}

/// The times of jobs as far as their logs were read: who asks again reads only what came since.
final class TaskTimesCache: Sendable {
    static let jobsMaximum = 512
    /// Events read at once.
    static let pageEvents = 1000
    private static let subjects = Set([LogEntry.Subject.task, .attempt, .worker].map(\.rawValue))

    private struct Known {
        var times = TaskTimes()
        /// The last event that the times have.
        var sequence: Int64 = 0
    }

    private let store: any Store
    private let known = Mutex<[JobID: Known]>([:])

    init(store: any Store) { self.store = store }

    func times(of job: JobID) async throws -> TaskTimes {
        var value = known.withLock { $0[job] } ?? Known()
        let begun = value.sequence
        let decoder = JSONDecoder()
        while true {
            let events = try await store.events(after: value.sequence, job: job, limit: Self.pageEvents)
            for event in events {
                value.sequence = event.sequence
                guard Self.subjects.contains(event.kind),
                    let entry = try? decoder.decode(LogEntry.self, from: event.payload)
                else { continue }
                value.times.add(entry, time: event.time)
            }
            if events.count < Self.pageEvents { break }
        }
        if value.sequence > begun { keep(value, of: job) }
        return value.times
    }

    private func keep(_ value: Known, of job: JobID) {
        known.withLock { known in
            if known.count >= Self.jobsMaximum, known[job] == nil { known = [:] }
            guard known[job].map({ $0.sequence < value.sequence }) ?? true else { return }
            known[job] = value
        }
    }
}
