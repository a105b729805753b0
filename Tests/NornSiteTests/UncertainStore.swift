import NornStore

/// A store that is away when it should say that a commit is durable, and as long afterwards as a test wants.
actor UncertainStore: HeartStore {
    private let base: SQLiteStore
    private(set) var commits = 0
    /// Ids of the rows that the first commit wrote.
    private(set) var firstWritten: [String] = []
    private var losesAnswers = false
    /// Refuses every call.
    private var isAway = false
    /// Goes away with the next answer to a commit.
    private var leavesAfterCommit = false
    private var left: CheckedContinuation<Void, Never>?

    init(_ base: SQLiteStore) { self.base = base }

    func loseAnswers() { losesAnswers = true }

    /// The next commit is durable; then the store is away. Returns when it is.
    func leaveAfterCommit(_ commit: @Sendable () -> Void) async {
        leavesAfterCommit = true
        await withCheckedContinuation { continuation in
            left = continuation
            commit()
        }
    }

    func goAway() { isAway = true }

    func comeBack() { isAway = false }

    private func check() throws {
        if isAway { throw StoreError.unreachable("away") }
    }

    func aggregate(kind: String, id: String) async throws -> StoredAggregate? {
        try check()
        return try await base.aggregate(kind: kind, id: id)
    }

    func aggregates(kind: String) async throws -> [StoredAggregate] {
        try check()
        return try await base.aggregates(kind: kind)
    }

    func job(_ id: String) async throws -> JobRecord? {
        try check()
        return try await base.job(id)
    }

    func commit(_ commit: Commit) async throws -> [StoredEvent] {
        try check()
        commits += 1
        if commits == 1 { firstWritten = commit.writes.map(\.id) }
        let events = try await base.commit(commit)
        if leavesAfterCommit {
            (leavesAfterCommit, isAway) = (false, true)
            left?.resume()
            left = nil
        }
        if isAway || losesAnswers { throw StoreError.unreachable("the answer is lost") }
        return events
    }
}
