import Foundation
import NornFlow
import NornManifest
import NornStore

/// Jobs as people look at them.
extension Site {
    func jobSummary(_ job: String) async throws -> JobSummary { try await views.summary(job) }

    private func requireVisible(_ job: String, _ caller: Caller) async throws {
        guard try await jobSummary(job).isVisible(to: caller) else { throw SiteError.notFound("job", job) }
    }

    /// A job that the caller may see: one of its parties is the caller's.
    public func jobSummary(_ job: String, _ caller: Caller) async throws -> JobSummary {
        let summary = try await views.liveSummary(job)
        guard summary.isVisible(to: caller) else { throw SiteError.notFound("job", job) }
        return summary
    }

    /// The caller's jobs that the query asks for.
    public func jobSummaries(_ query: JobQuery, _ caller: Caller) async throws -> JobList {
        var query = query
        query.parties = caller.parties
        return try await views.summaries(query)
    }

    /// A job with what the caller's parties did and learned in the attempts that are asked for.
    public func jobDetail(_ job: String, _ choice: AttemptChoice, _ caller: Caller) async throws -> JobDetail {
        try await requireVisible(job, caller)
        var detail = try await views.detail(job, choice)
        detail.attempts.removeAll { !caller.mayActFor($0.party) }
        detail.metrics.removeAll { !caller.mayActFor($0.party) }
        detail.summaries.removeAll { !caller.mayActFor($0.party) }
        detail.models.removeAll { !caller.mayActFor($0.party) }
        let warnings = try await privacyWarnings(job)
        if !warnings.isEmpty { detail.summary.warnings = warnings }
        return detail
    }

    /// What this site's parties are told of a job that runs with less than the site asks for.
    public func privacyWarnings(_ job: String) async throws -> [String] {
        if let coordinator = try await driver.coordinator(job) { return rules.privacyWarnings(coordinator.job) }
        let member = try await driver.members(of: job).first
        return member.map { rules.privacyWarnings($0.job) } ?? []
    }

    /// The same as JSON.
    public func jobDetailJSON(_ job: String, attempt: String?, _ caller: Caller) async throws -> Data {
        let key = AnswerCache.Key(job: job, choice: attempt ?? "", parties: caller.parties)
        return try await answers.answer(key) {
            let detail = try await jobDetail(job, AttemptChoice(attempt), caller)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return AnswerCache.Answer(bytes: try encoder.encode(detail), isFinal: detail.summary.ended != nil)
        }
    }

    public func metrics(
        job: String, task: String?, _ choice: AttemptChoice, _ caller: Caller
    ) async throws -> [TrackingView] {
        try await requireVisible(job, caller)
        let records = try await views.tracking(job, task: task, kind: .metric)
        let chosen = choice.among(records, of: try await views.attempts(job))
        return JobViews.metrics(chosen.filter { caller.mayActFor($0.party) })
    }

    /// What the attempts of the caller's parties made.
    public func outputs(
        job: String, task: String?, _ choice: AttemptChoice, _ caller: Caller
    ) async throws -> [OutputView] {
        try await outputRecords(job, task, choice, caller).map(OutputView.init)
    }

    func outputRecords(
        _ job: String, _ task: String?, _ choice: AttemptChoice, _ caller: Caller
    ) async throws -> [ArtifactRecord] {
        try await requireVisible(job, caller)
        let records = try await views.outputs(job, task: task).filter { caller.mayActFor($0.party) }
        return choice.among(records, of: try await views.attempts(job))
    }

    /// Summaries and views of models that a task gave, the newest of each name.
    public func told(
        job: String, task: String, _ kind: ToldKind, _ choice: AttemptChoice, _ caller: Caller
    ) async throws -> [TrackingView] {
        try await requireVisible(job, caller)
        let records = try await views.tracking(job, task: task, kind: kind == .summary ? .summary : .model)
        let chosen = choice.among(records, of: try await views.attempts(job))
        return JobViews.newest(chosen.filter { caller.mayActFor($0.party) })
    }

    public func logs(job: String, _ filter: LogFilter, _ caller: Caller) async throws -> LogView {
        try await requireVisible(job, caller)
        var logs = try LogReader(home: home, origins: try await views.origins(job)).read(job: job, filter)
        logs.lines.removeAll { !caller.mayActFor($0.party) }
        return logs
    }

    /// Events of a job that the caller may see; none when none is left.
    public func events(after: Int64, job: String, limit: Int, _ caller: Caller) async throws -> [EventView] {
        try await requireVisible(job, caller)
        return try await EventPages(store: store).next(after: after, job: job, limit: limit, caller)
    }

    public func progressText(job: String, _ caller: Caller) async throws -> String {
        views.board.text(job: job, caller)
    }

    /// Waits for a job's end; nil when it has not ended in time.
    func waitForEnd(_ job: String, milliseconds: Int64) async throws -> JobSummary? {
        try await awaited(job, milliseconds: milliseconds) {
            let summary = try await jobSummary(job)
            return summary.ended == nil ? nil : summary
        }
    }

    /// Looks now, and again whenever the job changed, until there is a value or the time is over.
    func awaited<Value>(
        _ job: String, milliseconds: Int64, _ look: () async throws -> Value?
    ) async throws -> Value? {
        let wakes = feed.wakes(of: job)
        let deadline = Clocks.monotonicMilliseconds() + milliseconds
        let timeout = Task { [feed] in
            try? await Task.sleep(for: .milliseconds(milliseconds))
            feed.changed([job])
        }
        defer { timeout.cancel() }
        var iterator = wakes.makeAsyncIterator()
        while true {
            if let value = try await look() { return value }
            guard Clocks.monotonicMilliseconds() < deadline, await iterator.next() != nil else { return nil }
        }
    }
}

extension JobSummary {
    func isVisible(to caller: Caller) -> Bool {
        caller.parties.isEmpty || parties.values.contains { ids in ids.contains { caller.mayActFor($0) } }
    }
}

/// What a component tells of which only the newest word counts.
public enum ToldKind: Sendable {
    case summary, model
}
