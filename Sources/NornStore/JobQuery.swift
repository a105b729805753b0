/// Which jobs of the index are wanted: all that is set must hold.
public struct JobQuery: Equatable, Sendable {
    public var status: String?
    public var submitter: String?
    /// A party id that takes part, in whatever role.
    public var partner: String?
    /// Party ids of which at least one takes part; empty for no such condition.
    public var parties: [String] = []
    public var limit: Int
    public var offset: Int

    public init(limit: Int = 100, offset: Int = 0) {
        self.limit = limit
        self.offset = offset
    }
}

/// A part of a list, and how long the whole list is.
public struct JobPage: Equatable, Sendable {
    public var jobs: [JobRecord]
    public var total: Int

    public init(jobs: [JobRecord], total: Int) {
        self.jobs = jobs
        self.total = total
    }
}

extension JobQuery {
    /// What the index writes between the ids of parties: an id in quotes is one whole id.
    static func quoted(_ party: String) -> String { "\"\(party)\"" }

    func matches(_ job: JobRecord) -> Bool {
        let ids = Set(job.parties.values.joined())
        return (status == nil || status == job.status) && (submitter == nil || submitter == job.submitter)
            && (partner.map(ids.contains) ?? true) && (parties.isEmpty || parties.contains(where: ids.contains))
    }
}

extension Store {
    /// For stores that have no query of their own: reads all and looks at each.
    public func jobs(_ query: JobQuery) async throws -> JobPage {
        let all = try await jobs(status: query.status, limit: Int(Int32.max), offset: 0).filter(query.matches)
        return JobPage(jobs: Array(all.dropFirst(query.offset).prefix(query.limit)), total: all.count)
    }

    /// For stores that only overwrite: an empty value says as much as none.
    public func removeValue(_ name: String) async throws { try await setValue(name, "") }
}
