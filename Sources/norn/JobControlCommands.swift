import ArgumentParser
import Foundation
import NIOHTTP1
import NornManifest
import NornSite

struct JobStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a job at every party; at a partner's site its own part, which ends the job.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("jobs", job, "stop")
            let stop = try await options.client().call(StopView.self, .POST, path)
            if options.json { return try Printing.json(stop) }
            print("\(stop.summary.job) \(stop.summary.status)")
            for part in stop.parties {
                let word = part.confirmed ? "confirmed" : "not confirmed yet; it is asked until it answers"
                print("  \(part.role) \(part.party): \(word)")
            }
        }
    }
}

struct JobPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Start no more tasks of a job; then give its resources back until it is resumed.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String

    func run() async throws { try await JobControl.post(options, job, "pause") }
}

struct JobResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Go on with a paused job.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String

    func run() async throws { try await JobControl.post(options, job, "resume") }
}

struct JobPriority: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "priority", abstract: "Change the priority of a job that has not ended; higher goes first.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String
    @Argument(help: "From -1000 to 1000.") var priority: Int

    func run() async throws {
        try await JobControl.post(options, job, "priority", body: ["priority": .int(priority)])
    }
}

enum JobControl {
    /// Sends an order for a job and prints what became of it.
    static func post(_ options: ServerOptions, _ job: String, _ order: String, body: JSON? = nil) async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("jobs", job, order)
            let summary = try await options.client().call(JobSummary.self, .POST, path, body: body)
            if options.json { return try Printing.json(summary) }
            print("\(summary.job) \(summary.status)\(summary.waiting.map { " (\($0))" } ?? "")")
        }
    }
}

struct JobRerun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun", abstract: "Run an ended job again, from a task, or one task; valid results are used again.",
        discussion: """
            Without --from, --only and --all it runs what did not succeed, and what has other parameters in --conf. A \
            conf without roles needs only the sections that change. --dry-run shows what would run, and why.
            """)

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String
    @Option(help: "This task and all that it feeds; may be said again.") var from: [String] = []
    @Option(help: "This task alone; may be said again.") var only: [String] = []
    @Flag(help: "Every task.") var all = false
    @Option(name: .shortAndLong, help: "File of a conf with other parameters.") var conf: String?
    @Flag(help: "Only show what would run, and why.") var dryRun = false

    func run() async throws {
        try await carryOut(json: options.json) {
            var body: JSONObject = ["all": .bool(all), "dry_run": .bool(dryRun)]
            if !from.isEmpty { body["from"] = .array(from.map { .string($0) }) }
            if !only.isEmpty { body["only"] = .array(only.map { .string($0) }) }
            if let conf { body["conf"] = try readJSON(conf, "conf") }
            let path = SiteClient.path("jobs", job, "rerun")
            let plan = try await options.client().call(RerunView.self, .POST, path, body: .object(body))
            if options.json { return try Printing.json(plan) }
            Printing.table(["TASK", "RUNS", "WHY"], plan.tasks.map { [$0.task, $0.runs ? "yes" : "no", $0.why] })
            if !dryRun { print("\n\(plan.summary.job) \(plan.summary.status)") }
        }
    }
}

struct JobClean: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Forget ended jobs with their tables, models, metrics and logs at this site.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String?
    @Option(help: "All jobs that ended at least so many days ago.") var olderThanDays: Int?

    func validate() throws {
        guard (job == nil) != (olderThanDays == nil) else {
            throw ValidationError("Name a job, or say --older-than-days.")
        }
    }

    private struct Cleaned: Codable { var jobs: Int }

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            let cleaned: Cleaned
            if let job {
                _ = try await client.data(.DELETE, SiteClient.path("jobs", job))
                cleaned = Cleaned(jobs: 1)
            } else {
                cleaned = try await client.call(
                    Cleaned.self, .POST, SiteClient.path("jobs", "clean"),
                    body: ["older_than_days": .int(olderThanDays ?? 0)])
            }
            if options.json { return try Printing.json(cleaned) }
            print("\(cleaned.jobs) \(cleaned.jobs == 1 ? "job" : "jobs") forgotten")
        }
    }
}

struct JobOutputs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "outputs", abstract: "List the tables, models and caches that a job's attempts made here.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String
    @Option(help: "Only this task.") var task: String?
    @Option(help: "newest, all, or the number of an attempt.") var attempt: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("jobs", job, "outputs", query: ["task": task, "attempt": attempt])
            let outputs = try await options.client().get([OutputView].self, path)
            if options.json { return try Printing.json(outputs) }
            Printing.table(
                ["TASK", "ATTEMPT", "PARTY", "OUTPUT", "KIND", "ROWS"],
                outputs.map {
                    [
                        $0.task, "\($0.attempt)", "\($0.role) \($0.party)", $0.name, $0.kind,
                        $0.kind == "table" ? "\($0.rows)" : "-",
                    ]
                })
        }
    }
}
