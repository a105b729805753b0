import HTTPTypes
import NornManifest
import NornSite

/// The append-only log of approvals, refusals, installations, quarantines and runs.
enum AuditRoutes {
    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/audit", right: .admin, summary: "Entries of the audit log, oldest first.",
            query: [
                .init(name: "after", summary: "entries with a higher number than this", isInteger: true),
                .init(name: "limit", summary: "at most so many", isInteger: true),
                .init(name: "job", summary: "of this job"), .init(name: "kind", summary: "of this kind"),
            ], answer: .jsonArray(of: "AuditEntry"),
            handle: { call in
                let listing = try AuditListing(
                    after: Int64(call.integer("after", in: 0...Int.max) ?? 0),
                    limit: call.integer("limit", in: 1...AuditListing.entriesMaximum) ?? 1000, job: call.query("job"),
                    kind: call.query("kind"))
                return try Answers.json(try await call.site.auditEntries(listing))
            }),
        APIRoute(
            method: .get, path: "/api/audit/verification", right: .admin,
            summary: "Follow the audit log from its first entry to its last, and say whether it is whole.",
            query: [.init(name: "noted", summary: "number:hash of an entry that was noted before")],
            answer: .json("AuditVerification"),
            handle: { call in try Answers.json(try await call.site.verifyAudit(noted: call.query("noted"))) }),
    ]
}
