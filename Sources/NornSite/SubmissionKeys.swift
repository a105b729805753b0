import Crypto
import Foundation
import NornFlow
import NornStore

/// The keys that clients give to their submissions, so that one that is sent again makes no second job. A key belongs
/// to its submitter and names one description; it lives as long as its job.
actor SubmissionKeys {
    static let keyBytesMaximum = 200

    /// What a key stands for.
    struct Claim: Sendable {
        var job: JobID
        /// Whether the key was used before: then the job may be there.
        var isKnown: Bool
    }

    private let store: any Store
    /// Submissions under way, by key: the same one waits for the first to be through.
    private var underWay: [String: [CheckedContinuation<Void, Never>]] = [:]

    init(store: any Store) {
        self.store = store
    }

    /// Gives the job of a key to `submit`, one caller at a time. A refused submission leaves its key free.
    func claiming<Value: Sendable>(
        _ key: String, of submitter: String, description: String,
        _ submit: @Sendable (Claim) async throws -> Value
    ) async throws -> Value {
        guard !key.isEmpty, key.utf8.count <= Self.keyBytesMaximum else {
            throw SiteError.invalid(
                "An Idempotency-Key has 1 to \(Self.keyBytesMaximum) bytes", field: "Idempotency-Key")
        }
        let name = "submission-key/\(submitter)/\(key)"
        while underWay[name] != nil {
            await withCheckedContinuation { underWay[name, default: []].append($0) }
        }
        underWay[name] = []
        defer { for waiter in underWay.removeValue(forKey: name) ?? [] { waiter.resume() } }
        let claim = try await claim(name, description)
        do {
            return try await submit(claim)
        } catch {
            if !claim.isKnown { try await store.removeValue(name) }
            throw error
        }
    }

    private func claim(_ name: String, _ description: String) async throws -> Claim {
        let digest = SHA256.hash(data: Data(description.utf8)).prefix(16).map { String($0, radix: 16) }.joined(
            separator: ".")
        if let known = try await store.value(name)?.split(separator: " "), known.count == 2 {
            guard known[1] == digest else {
                throw SiteError(
                    "conflict", "The key was used for another job, \(known[0])", field: "Idempotency-Key",
                    hint: "Choose a new key for a new job")
            }
            return Claim(job: String(known[0]), isKnown: true)
        }
        let job = FreshID.job()
        // Before the job: a crash between the two leaves a key whose job is made when it comes again.
        try await store.setValue(name, "\(job) \(digest)")
        try await store.setValue(Self.backReference(job), name)
        return Claim(job: job, isKnown: false)
    }

    /// Under which the store finds a job's key, to forget it with the job.
    static func backReference(_ job: JobID) -> String { "submission/\(job)/key" }
}
