import Foundation
import Synchronization

/// Answers about jobs as bytes, kept until the job changes. Of a job that still moves some figures change without it
/// (how long a task runs, its place in a queue): such an answer is kept for a moment only.
final class AnswerCache: Sendable {
    static let answersMaximum = 1024
    static let bytesOfAnswerMaximum = 256 * 1024
    /// How old an answer about a live job may be.
    static let liveMilliseconds: Int64 = 50
    /// Jobs whose last change is remembered while answers are made.
    static let changesMaximum = 4096

    struct Key: Hashable {
        var job: String
        var choice: String
        /// What the caller may see depends on these alone.
        var parties: [String]
    }

    struct Answer {
        var bytes: Data
        /// Whether it stands until the job changes.
        var isFinal: Bool
    }

    private struct Kept {
        var bytes: Data
        var until: Int64
    }

    private struct State {
        var answers: [String: [Key: Kept]] = [:]
        var count = 0
        /// Numbers the changes; with the last of each job, so that an answer that was made meanwhile is not kept.
        var change = 0
        var changes: [String: Int] = [:]
        /// Changes up to this one are no longer remembered by job.
        var forgotten = 0
    }

    private let state = Mutex(State())

    /// The kept answer, or a new one.
    func answer(_ key: Key, make: () async throws -> Answer) async throws -> Data {
        let now = Clocks.monotonicMilliseconds()
        let (kept, begun) = state.withLock { ($0.answers[key.job]?[key], $0.change) }
        if let kept, now < kept.until { return kept.bytes }
        let answer = try await make()
        keep(answer, key, begun: begun, now: now)
        return answer.bytes
    }

    private func keep(_ answer: Answer, _ key: Key, begun: Int, now: Int64) {
        guard answer.bytes.count <= Self.bytesOfAnswerMaximum else { return }
        state.withLock { state in
            guard begun >= state.forgotten, state.changes[key.job] ?? 0 <= begun else { return }
            if state.count >= Self.answersMaximum {
                state.answers = [:]
                state.count = 0
            }
            let until = answer.isFinal ? Int64.max : now + Self.liveMilliseconds
            if state.answers[key.job, default: [:]].updateValue(Kept(bytes: answer.bytes, until: until), forKey: key)
                == nil
            {
                state.count += 1
            }
        }
    }

    /// The job changed, or is gone.
    func forget(_ job: String) {
        state.withLock { state in
            state.change += 1
            if state.changes.count >= Self.changesMaximum {
                state.changes = [:]
                state.forgotten = state.change
            }
            state.changes[job] = state.change
            state.count -= state.answers.removeValue(forKey: job)?.count ?? 0
        }
    }
}
