import Foundation

/// Everything of a site that must survive: what the heart decided, what happened, and the catalogue of data. One implementation is embedded (`SQLiteStore`); several schedulers may share another.
///
/// Every function is atomic. `commit` is the only way in which an aggregate changes.
public protocol Store: HeartStore, LeasedStore, AgedStore, AuditStore, ModelStore {
    // The event log, oldest first.
    func events(after sequence: Int64, job: String?, limit: Int) async throws -> [StoredEvent]
    func lastEvent() async throws -> Int64

    // The index of jobs and attempts that people ask for.
    func jobs(status: String?, limit: Int, offset: Int) async throws -> [JobRecord]
    /// Newest first.
    func jobs(_ query: JobQuery) async throws -> JobPage
    func attempts(job: String) async throws -> [AttemptRecord]
    func liveAttempts() async throws -> [AttemptRecord]
    /// Forgets a job with everything that is known of it.
    func removeJob(_ id: String) async throws

    // Tables: a name points to its newest version.
    /// Points the name to this version, in one step; answers the version that it replaced. Throws
    /// `StoreError.otherOwner`, and changes nothing, when that is another party's.
    func putTable(_ table: TableRecord) async throws -> TableRecord?
    func table(namespace: String, name: String) async throws -> TableRecord?
    func tables() async throws -> [TableRecord]
    /// Forgets the name with its grants; false when there is none.
    func removeTable(namespace: String, name: String) async throws -> Bool
    func putGrant(_ grant: TableGrant) async throws
    func removeGrant(namespace: String, name: String, partner: String) async throws -> Bool
    func grants(namespace: String, name: String) async throws -> [TableGrant]

    // What attempts made, and what they told while they ran.
    func putArtifacts(_ artifacts: [ArtifactRecord]) async throws
    func artifacts(job: String) async throws -> [ArtifactRecord]
    func removeArtifacts(job: String) async throws
    /// The paths that a name, an artifact or a kept model points to.
    func sealedPaths() async throws -> Set<String>
    func appendTracking(_ records: [TrackingRecord]) async throws
    func tracking(job: String, task: String?, kind: TrackingRecord.Kind?) async throws -> [TrackingRecord]

    // Who may call, and who was refused.
    func putToken(_ token: TokenRecord) async throws
    func token(hash: String) async throws -> TokenRecord?
    func tokens() async throws -> [TokenRecord]
    func removeToken(id: String) async throws -> Bool
    func appendSecurity(_ record: SecurityRecord) async throws
    func security(limit: Int) async throws -> [SecurityRecord]

    // What became of the site's plugins: newest first, of every plugin where none is named.
    func pluginChanges(plugin: String?, limit: Int) async throws -> [PluginChange]

    // Small named values of the site itself, such as the number of its starts.
    func value(_ name: String) async throws -> String?
    func setValue(_ name: String, _ value: String) async throws
    func removeValue(_ name: String) async throws

    /// Copies all rows, as they are at one instant, into a new file of the embedded store, while others read and write.
    func copy(to path: String) async throws
}

/// What the heart needs of a store: its aggregates, by compare-and-set.
public protocol HeartStore: Sendable {
    func aggregate(kind: String, id: String) async throws -> StoredAggregate?
    func aggregates(kind: String) async throws -> [StoredAggregate]
    /// Writes all of `commit` or nothing, and answers the events as they were numbered. Throws `StoreError.conflict`
    /// when an aggregate is no longer at the version that the writer read. After any other error the commit may be
    /// durable all the same: the rows tell.
    @discardableResult
    func commit(_ commit: Commit) async throws -> [StoredEvent]
    /// The row by which people find a job.
    func job(_ id: String) async throws -> JobRecord?
}

/// Why a store refused.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Someone else wrote the aggregate since it was read: read it again and decide again.
    case conflict(kind: String, id: String)
    /// The file was written by a later release.
    case laterSchema(found: Int, known: Int)
    /// The name is another party's table.
    case otherOwner(namespace: String, name: String)
    /// Another scheduler took the site over: this one writes nothing any more.
    case leaseLost
    /// The database does not answer.
    case unreachable(String)
    /// The database refused a statement, with this SQLSTATE. Its words stay there: they may quote rows.
    case failed(state: String)
    /// A column is not there, or not of the type that this release knows.
    case unreadable(column: String)
    /// The setting of the store does not name a database.
    case addressRefused(String)
    /// Too much waits for the database.
    case busy
    case closed

    public var description: String {
        switch self {
        case .conflict(let kind, let id): "the \(kind) \(id) changed since it was read"
        case .otherOwner(let namespace, let name): "the table \(namespace)/\(name) belongs to another party"
        case .leaseLost: "another scheduler has taken this site over"
        case .unreachable(let why): why
        case .failed(let state): "the database refused a statement (SQLSTATE \(state))"
        case .unreadable(let column): "the column \(column) is not as this release knows it"
        case .addressRefused(let why): why
        case .busy: "too much waits for the database"
        case .closed: "the store is closed"
        case .laterSchema(let found, let known):
            "the store has schema \(found), this release knows \(known); start the release that wrote it"
        }
    }
}

/// An error of the place where a store keeps its rows: its disk, or the way to its server.
public protocol StorageFailure: Error {
    /// True when the same call may succeed later: nothing is wrong with what was to be written.
    var mayPass: Bool { get }
}

extension StoreError: StorageFailure {
    public var mayPass: Bool {
        switch self {
        case .unreachable, .busy: true
        case .failed(let state): PostgreSQLSession.passingStates.contains { state.hasPrefix($0) }
        default: false
        }
    }
}

/// What is written at once.
public struct Commit: Sendable {
    public var writes: [AggregateWrite] = []
    public var events: [NewEvent] = []
    public var jobs: [JobRecord] = []
    public var attempts: [AttemptRecord] = []
    public var artifacts: [ArtifactRecord] = []
    public var values: [NamedValue] = []
    public var audit: [NewAuditEntry] = []
    public var pluginChanges: [PluginChange] = []
    /// Written once: a version that is there stays as it is.
    public var models: [NewModel] = []

    public init() {}
    public var isEmpty: Bool {
        writes.isEmpty && events.isEmpty && jobs.isEmpty && attempts.isEmpty && artifacts.isEmpty && values.isEmpty
            && audit.isEmpty && pluginChanges.isEmpty && models.isEmpty
    }
}

/// A small value of the site itself.
public struct NamedValue: Equatable, Sendable {
    public var name: String
    public var value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// An aggregate of the heart with the version that the next write must name.
public struct StoredAggregate: Codable, Equatable, Sendable {
    public var kind: String
    public var id: String
    public var version: Int
    public var payload: Data

    public init(kind: String, id: String, version: Int, payload: Data) {
        self.kind = kind
        self.id = id
        self.version = version
        self.payload = payload
    }
}

/// One compare-and-set: `expected` is the version that was read, nil for one that must not exist yet; a payload of nil
/// removes the aggregate.
public struct AggregateWrite: Sendable {
    public var kind: String
    public var id: String
    public var expected: Int?
    public var payload: Data?

    public init(kind: String, id: String, expected: Int?, payload: Data?) {
        self.kind = kind
        self.id = id
        self.expected = expected
        self.payload = payload
    }
}

/// A change of state, as it is appended.
public struct NewEvent: Equatable, Sendable {
    public var job: String
    public var kind: String
    /// JSON.
    public var payload: Data
    /// Wall time in milliseconds since 1970, for people.
    public var time: Int64

    public init(job: String, kind: String, payload: Data, time: Int64) {
        self.job = job
        self.kind = kind
        self.payload = payload
        self.time = time
    }
}

/// A change of state with its number in the site's log.
public struct StoredEvent: Codable, Equatable, Sendable {
    public var sequence: Int64
    public var job: String
    public var kind: String
    public var payload: Data
    public var time: Int64
}
