import NornFlow
import NornManifest
import NornStore

/// Changes of an ended job's parameters that its next rerun takes over.
extension Site {
    private static func changeName(_ job: JobID) -> String { "submission/\(job)/change" }

    /// The sections of a conf that change the job when it runs again; nil for none.
    public func pendingChange(_ job: JobID, _ caller: Caller) async throws -> JSON? {
        _ = try await controlledJob(job, caller)
        guard let text = try await store.value(Self.changeName(job)), !text.isEmpty else { return nil }
        return try? JSON(parsing: text)
    }

    public func setPendingChange(_ change: JSON?, of job: JobID, _ caller: Caller) async throws {
        _ = try await controlledJob(job, caller)
        if let change {
            try await store.setValue(Self.changeName(job), change.text())
        } else {
            try await store.removeValue(Self.changeName(job))
        }
    }
}
