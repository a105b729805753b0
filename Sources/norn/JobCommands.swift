import ArgumentParser
import Foundation
import NIOHTTP1
import NornManifest
import NornSite

struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Submit, watch and control jobs.",
        subcommands: [
            JobSubmit.self, JobList.self, JobShow.self, JobWatch.self, JobStop.self, JobPause.self, JobResume.self,
            JobRerun.self, JobPriority.self, JobClean.self, JobLogs.self, JobOutputs.self, JobApprove.self,
            JobRefuse.self,
        ])
}

struct JobSubmit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submit a job in FATE's form: a DSL and a conf.")

    @OptionGroup var options: ServerOptions

    @Option(name: .shortAndLong, help: "File of the DSL.")
    var dsl: String

    @Option(name: .shortAndLong, help: "File of the conf.")
    var conf: String

    @Flag(help: "Follow the job to its end; its result is the exit code.")
    var watch = false

    @Option(help: "A key of your choice: sent again with the same one, it is still one job.")
    var key: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            let body: JSON = ["dsl": try readJSON(dsl, "dsl"), "conf": try readJSON(conf, "conf")]
            let summary = try await client.call(
                JobSummary.self, .POST, SiteClient.path("jobs"), body: body,
                headers: key.map { ["Idempotency-Key": $0] } ?? [:])
            for warning in summary.warnings ?? [] where !options.json {
                FileHandle.standardError.write(Data("norn: \(warning)\n".utf8))
            }
            guard watch else {
                if options.json { try Printing.json(summary) } else { print(summary.job) }
                return
            }
            if !options.json { print("job \(summary.job)") }
            let detail = try await Watcher(client: client, job: summary.job, quiet: options.json).follow()
            if options.json { try Printing.json(detail) } else { JobPrinting.end(detail) }
            let code = Exits.job(status: detail.summary.status)
            if code != .success { throw code }
        }
    }
}

/// Reads a JSON file that a person names.
func readJSON(_ path: String, _ field: String) throws -> JSON {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw SiteError("file_not_read", "The file \(path) cannot be read", field: field)
    }
    do {
        return try JSON(parsing: Array(data))
    } catch {
        throw SiteError("invalid_json", "\(path) is not JSON: \(error)", field: field)
    }
}

struct JobList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List jobs, newest first.")

    @OptionGroup var options: ServerOptions
    @Option(help: "Only jobs of this status.") var status: String?
    @Option(help: "Only jobs of this submitter.") var submitter: String?
    @Option(help: "Only jobs in which this party id takes part.") var partner: String?
    @Option(help: "At most so many.") var limit = 20
    @Option(help: "Skip so many.") var offset = 0

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path(
                "jobs",
                query: [
                    "status": status, "submitter": submitter, "partner": partner, "limit": String(limit),
                    "offset": String(offset),
                ])
            let jobs = try await options.client().get([JobSummary].self, path)
            if options.json { return try Printing.json(jobs) }
            Printing.table(
                ["JOB", "STATUS", "SUBMITTER", "INITIATOR", "CREATED", "TIME", "WAITING"],
                jobs.map {
                    [
                        $0.job, $0.status, $0.submitter, $0.initiator, Printing.time($0.created),
                        Printing.duration($0.ended.map { [created = $0.created] in $0 - created }), $0.waiting ?? "",
                    ]
                })
        }
    }
}

struct JobShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a job: tasks, times, errors, metrics, models of this site's parties.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String
    @Option(help: "Metrics and models of newest, all, or the number of an attempt.") var attempt: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("jobs", job, query: ["attempt": attempt])
            let detail = try await options.client().get(JobDetail.self, path)
            if options.json { return try Printing.json(detail) }
            JobPrinting.all(detail)
        }
    }
}

struct JobWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow a job to its end; its result is the exit code.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String

    func run() async throws {
        try await carryOut(json: options.json) {
            let detail = try await Watcher(client: options.client(), job: job, quiet: options.json).follow()
            if options.json { try Printing.json(detail) } else { JobPrinting.end(detail) }
            let code = Exits.job(status: detail.summary.status)
            if code != .success { throw code }
        }
    }
}

struct JobLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what a job's attempts logged.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String
    @Option(help: "Only this task.") var task: String?
    @Option(help: "Only this role.") var role: String?
    @Option(help: "Only this party id.") var party: String?
    @Option(help: "newest, all, or the number of an attempt.") var attempt: String?
    @Option(help: "At least debug, info, warning or error.") var level: String?
    @Option(help: "Only the last so many lines.") var tail: Int?

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path(
                "jobs", job, "logs",
                query: [
                    "task": task, "role": role, "party": party, "attempt": attempt, "level": level,
                    "tail": tail.map { String($0) },
                ])
            let logs = try await options.client().get(LogView.self, path)
            if options.json { return try Printing.json(logs) }
            for line in logs.lines {
                print(
                    "\(Printing.time(line.time)) \(line.level) \(line.task)/\(line.attempt) \(line.role) \(line.party): \(line.text)"
                )
            }
        }
    }
}

struct JobApprove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let a partner's waiting job take part here; without a job list those.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id; without one the waiting jobs are listed.") var job: String?

    func run() async throws {
        if let job { return try await JobDecision.send(options, job, ["allow": true]) }
        try await carryOut(json: options.json) {
            let waiting = try await options.client().get([ApprovalView].self, SiteClient.path("approvals"))
            if options.json { return try Printing.json(waiting) }
            Printing.table(
                ["JOB", "INITIATOR", "PARTY", "WHY"],
                waiting.map { [$0.job, $0.initiator, $0.party, $0.reasons.joined(separator: "; ")] })
        }
    }
}

struct JobRefuse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse", abstract: "Refuse a partner's job that waits for approval here.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The job's id.") var job: String
    @Option(help: "Why, for the partner to read.") var reason: String?

    func run() async throws {
        var body: JSONObject = ["allow": false]
        if let reason { body["reason"] = .string(reason) }
        try await JobDecision.send(options, job, .object(body))
    }
}

private enum JobDecision {
    static func send(_ options: ServerOptions, _ job: String, _ body: JSON) async throws {
        try await carryOut(json: options.json) {
            let summary = try await options.client().call(
                JobSummary.self, .POST, SiteClient.path("approvals", job), body: body)
            if options.json { return try Printing.json(summary) }
            print("\(summary.job) \(summary.status)")
        }
    }
}
