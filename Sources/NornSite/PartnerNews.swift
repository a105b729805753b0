import NornFlow

/// What a coordinator learned of workers at other sites, for its own log: those of its own site write theirs.
enum PartnerNews {
    static func entries(before: Coordinator, after: Coordinator, isRemote: (Party) -> Bool) -> [LogEntry] {
        var entries: [LogEntry] = []
        for task in after.job.tasks {
            let known = before.tasks[task.name]?.attempts ?? []
            for (number, attempt) in (after.tasks[task.name]?.attempts ?? []).enumerated() {
                let earlier = number < known.count ? known[number].parties : [:]
                for party in task.parties where isRemote(party) {
                    guard let news = attempt.parties[party], news.status != earlier[party]?.status else { continue }
                    entries.append(
                        LogEntry(
                            job: after.job.id, subject: .worker, party: party, task: task.name, attempt: number,
                            from: earlier[party]?.status.rawValue, to: news.status.rawValue, failure: news.failure))
                }
            }
        }
        return entries
    }
}
