import ArgumentParser
import Foundation
import NIOHTTP1
import NornManifest
import NornSite

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Three sites on this machine train a model together on public data.",
        discussion: """
            Starts a site each for guest 9999 (the label and ten features), host 10000 (twenty features) and arbiter \
            10001 (the keys), with certificates, trust and grants of their own, uploads the Wisconsin diagnostic breast \
            cancer data, and runs Reader, DataTransform, Intersection, HeteroLR and Evaluation. Prints the tasks with \
            their times, the metrics, and each party's own weights at its own site.
            """)

    @Flag(help: "Leave the sites running.") var keep = false
    @Option(help: "The computing engine: standalone or local.") var engine: String?
    @Option(help: "1 or 2 hosts, who share the twenty features.") var hosts = 1
    @Flag(help: "All parties on one site.") var oneSite = false
    @Option(help: "Folder for the homes; a temporary one unless said.") var folder: String?
    @Flag(help: "Print the job as JSON at the end.") var json = false

    func validate() throws {
        guard (1...2).contains(hosts) else { throw ValidationError("--hosts is 1 or 2") }
    }

    func run() async throws {
        try await carryOut(json: json) {
            let plan = DemoPlan(hosts: hosts, oneSite: oneSite, engine: engine)
            let sites = try DemoSites(plan: plan, folder: folder, keep: keep, quiet: json)
            let status: String
            do {
                status = try await Interruption.throwing { try await runJob(plan, sites) }
            } catch {
                await sites.stop()
                throw error is CancellationError ? Exits.jobStopped : error
            }
            if keep { sites.printKept() } else { await sites.stop() }
            let code = Exits.job(status: status)
            if code != .success { throw code }
        }
    }

    /// Answers how the job ended.
    private func runJob(_ plan: DemoPlan, _ sites: DemoSites) async throws -> String {
        let began = Clocks.monotonicMilliseconds()
        say(
            "\(plan.sites.count) site\(plan.sites.count == 1 ? "" : "s"): \(plan.sites.map(\.title).joined(separator: ", "))"
        )
        try await sites.start()
        say("sites are up after \(Printing.duration(Clocks.monotonicMilliseconds() - began))")
        for upload in plan.uploads {
            let view = try await sites.upload(upload)
            say(
                "uploaded \(view.table.namespace)/\(view.table.name): \(view.table.rows) rows, owner \(view.table.owner)"
            )
        }
        let guest = try sites.client(of: "9999")
        let body = try plan.submission(examples: InstalledTree.current().examples)
        let summary = try await guest.call(JobSummary.self, .POST, SiteClient.path("jobs"), body: body)
        say("job \(summary.job)\n")
        let detail = try await Watcher(client: guest, job: summary.job, quiet: json).follow()
        if json {
            try Printing.json(detail)
            return detail.summary.status
        }
        JobPrinting.tasks(detail)
        JobPrinting.failures(detail)
        JobPrinting.metrics(detail)
        for site in plan.sites {
            let own = try await sites.client(of: site.parties[0]).get(
                JobDetail.self, SiteClient.path("jobs", summary.job))
            JobPrinting.models(own.models)
        }
        say("\nall in \(Printing.duration(Clocks.monotonicMilliseconds() - began))")
        return detail.summary.status
    }

    private func say(_ text: String) {
        guard !json else { return }
        print(text)
        fflush(nil)
    }
}
