import ArgumentParser
import Foundation
import NornManifest
import NornSite

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The site's append-only log of approvals, installs, quarantines and runs.",
        subcommands: [AuditList.self, AuditVerify.self])
}

struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List entries, oldest first.")

    @OptionGroup var options: ServerOptions
    @Option(help: "Only of this job.") var job: String?
    @Option(help: "Only of this kind, such as run_started or job_refused.") var kind: String?
    @Option(help: "Only entries with a higher number.") var after: Int?
    @Option(help: "At most so many.") var limit = 1000

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path(
                "audit",
                query: ["job": job, "kind": kind, "after": after.map(String.init), "limit": String(limit)])
            let entries = try await options.client().get([AuditEntryView].self, path)
            if options.json { return try Printing.json(entries) }
            Printing.table(
                ["NO", "TIME", "KIND", "BY", "JOB", "PARTY", "SUBJECT", "DIGEST", "TEXT"],
                entries.map {
                    [
                        String($0.sequence), Printing.time($0.time), $0.kind, $0.actor, $0.job, $0.party, $0.subject,
                        String($0.digest.prefix(12)), $0.text,
                    ]
                })
        }
    }
}

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that no entry was changed, removed, reordered or cut off.",
        discussion: """
            Prints the number and hash of the last entry. Who notes them elsewhere and gives them to --noted later also \
            finds a log that was written anew as a whole. Exits with 1 when the log does not hold.
            """)

    @OptionGroup var options: ServerOptions
    @Option(help: "number:hash of an entry, as an earlier verification printed it.") var noted: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("audit", "verification", query: ["noted": noted])
            let result = try await options.client().get(AuditVerification.self, path)
            if options.json {
                try Printing.json(result)
            } else if let flaw = result.flaw {
                print("the audit log does not hold: \(flaw)")
                print("whole up to \(result.entries):\(result.hash)")
            } else {
                print("the audit log holds: \(result.entries) entries")
                print("last        \(result.entries):\(result.hash)")
            }
            if !result.holds { throw ExitCode(1) }
        }
    }
}
