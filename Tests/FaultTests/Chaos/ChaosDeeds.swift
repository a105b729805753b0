import Foundation
import Synchronization

/// What a run did, and to whom: the only excuses that a job has for not succeeding.
final class ChaosDeeds: Sendable {
    struct Window: Sendable {
        var from: Int64
        /// Nil while it lasts.
        var to: Int64?

        /// Whether something lived in it; times are wall milliseconds since 1970.
        func meets(from began: Int64, to ended: Int64?) -> Bool {
            (ended ?? .max) >= from && (to.map { began <= $0 } ?? true)
        }
    }

    struct Log: Sendable {
        /// Attempts whose workers were killed: `<job>/<role>_<party>/<task>/<attempt>`.
        var killedWorkers: Set<String> = []
        /// When the small site's disk was full.
        var fullDisk: [Window] = []
        /// Jobs that somebody asked to stop, whether or not an answer came.
        var stopped: Set<String> = []
        var counts: [String: [String: Int]] = [:]
    }

    private let state = Mutex(Log())

    var log: Log { state.withLock { $0 } }

    func count(_ kind: String, _ name: String, _ number: Int = 1) {
        state.withLock { $0.counts[kind, default: [:]][name, default: 0] += number }
    }

    func count(_ fault: ChaosPlan.Fault) { count(fault.kind.rawValue, fault.name) }

    /// Before the kill: who reads the log later never sees the end without its cause.
    func willKillWorker(of attempt: String) { state.withLock { _ = $0.killedWorkers.insert(attempt) } }

    func willStop(_ job: String) { state.withLock { _ = $0.stopped.insert(job) } }

    func diskGetsFull() { state.withLock { $0.fullDisk.append(Window(from: Self.now)) } }

    func diskHasRoom() {
        state.withLock { log in
            guard let last = log.fullDisk.indices.last, log.fullDisk[last].to == nil else { return }
            log.fullDisk[last].to = Self.now
        }
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
