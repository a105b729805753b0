import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NornManifest
import NornRegistry
import NornSite

struct ComponentRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a component with all its parties on this machine, from CSV files.",
        discussion: """
            No site has to run: the command starts one of its own in a temporary folder and ends it afterwards. Each \
            party's attempt is a process in the sandbox that it would have at a site, and what they send each other is \
            checked against the manifest's wire contract there too. The first party submits.
            """)

    @Argument(help: "The folder with manifest.json, built.") var folder: String
    @Option(
        name: .customLong("party"),
        help: "ROLE:ID=FILE.csv, or ROLE:ID for one without data; again for each party.")
    var partyTexts: [String]
    @Option(name: .customLong("parameter"), help: "NAME=VALUE of the component, the value in JSON; again for more.")
    var parameterTexts: [String] = []
    @Option(help: "Which component, where the plugin has several.") var component: String?
    @Option(help: "The computing engine: standalone or local.") var engine: String?
    @Flag(help: "Turn the columns into numbers first, with DataTransform.") var transform = false
    @Option(help: "The guest's column with the label, for --transform.") var label: String?
    @Flag(help: "Print the job as JSON.") var json = false

    func run() async throws {
        try await carryOut(json: json) {
            let bundle = try ComponentPack.pack(folder, key: nil)
            let job = try job(of: bundle.manifest)
            _ = try job.submission()
            let site = try LocalSite(parties: job.parties)
            let status: String
            do {
                status = try await Interruption.throwing { try await run(job, bundle, site) }
            } catch {
                await site.end()
                throw error is CancellationError ? Exits.jobStopped : error
            }
            await site.end()
            let code = Exits.job(status: status)
            if code != .success { throw code }
        }
    }

    private func job(of manifest: Manifest) throws -> LocalJob {
        let parties = try partyTexts.map { text in
            guard let party = LocalParty(text) else {
                throw SiteError.invalid(
                    "\"\(text.prefix(80))\" is no party", field: "--party", hint: "Write guest:9999=guest.csv")
            }
            if let file = party.file, !FileManager.default.isReadableFile(atPath: file) {
                throw SiteError("file_not_read", "The file \(file) cannot be read", field: "--party")
            }
            return party
        }
        return LocalJob(
            component: try chosen(manifest), parties: parties, parameters: try parameters(), engine: engine,
            isTransformed: transform, label: label)
    }

    private func chosen(_ manifest: Manifest) throws -> ComponentDeclaration {
        let names = manifest.components.map(\.name)
        guard let name = component ?? (names.count == 1 ? names[0] : nil),
            let found = manifest.component(name)
        else {
            throw SiteError(
                "component_not_found", "The plugin has \(names.joined(separator: ", "))", field: "--component",
                hint: "Name one of them")
        }
        return found
    }

    private func parameters() throws -> JSONObject {
        var parameters: JSONObject = [:]
        for text in parameterTexts {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw SiteError.invalid("\"\(text.prefix(80))\" is not NAME=VALUE", field: "--parameter")
            }
            // A word that is no JSON is a text, so that nobody has to quote twice.
            parameters[parts[0]] = (try? JSON(parsing: Array(parts[1].utf8))) ?? .string(parts[1])
        }
        return parameters
    }

    /// Answers how the job ended.
    private func run(_ job: LocalJob, _ bundle: PluginBundle, _ site: LocalSite) async throws -> String {
        let client = try await site.client()
        _ = try await ComponentInstall.install(bundle.encoded(), source: folder, client)
        for party in job.parties {
            guard let file = party.file else { continue }
            let path = SiteClient.path(
                ["tables", LocalJob.namespace, party.table], query: ["party": party.id, "engine": engine])
            _ = try await DataTransfer.upload(client, file: file, path: path)
        }
        let summary = try await client.call(
            JobSummary.self, .POST, SiteClient.path("jobs"), body: try job.submission())
        let detail = try await Watcher(client: client, job: summary.job, quiet: json).follow()
        if json {
            try Printing.json(detail)
        } else {
            JobPrinting.end(detail)
            try await printLogs(client, summary.job, task: job.task)
        }
        return detail.summary.status
    }

    /// What the component logged; the phases of its workers are for who looks for them at a site.
    private func printLogs(_ client: SiteClient, _ job: String, task: String) async throws {
        let path = SiteClient.path("jobs", job, "logs", query: ["task": task])
        let lines = try await client.get(LogView.self, path).lines.filter { $0.level != "debug" }
        guard !lines.isEmpty else { return }
        print("")
        for line in lines { print("\(line.role) \(line.party)  \(line.level)  \(line.text)") }
    }
}
