import Foundation

/// A job as people list it; the heart's aggregate is the authority, this row is its index.
public struct JobRecord: Codable, Equatable, Sendable {
    public var job: String
    public var status: String
    public var submitter: String
    /// `role:party` of the initiator.
    public var initiator: String
    /// Role -> party ids, as in the job's conf.
    public var parties: [String: [String]]
    /// The job as its dialect parsed it, as JSON; empty at a party that does not coordinate.
    public var specification: Data
    /// Why a live job does not move, in words.
    public var waiting: String?
    /// Wall milliseconds since 1970.
    public var created: Int64
    public var started: Int64?
    public var ended: Int64?
    /// Why it failed: JSON of the error.
    public var failure: Data?

    public init(
        job: String, status: String, submitter: String, initiator: String, parties: [String: [String]],
        specification: Data, created: Int64
    ) {
        self.job = job
        self.status = status
        self.submitter = submitter
        self.initiator = initiator
        self.parties = parties
        self.specification = specification
        self.created = created
    }
}

/// One try of a task at a party that this site serves.
public struct AttemptRecord: Codable, Equatable, Sendable {
    public var job: String
    public var task: String
    public var attempt: Int
    public var role: String
    public var party: String
    public var component: String
    public var engine: String
    public var status: String
    /// Wall milliseconds since 1970.
    public var started: Int64
    public var ended: Int64?
    /// JSON of the error that ended it.
    public var failure: Data?
    public var peakMemoryBytes: Int64?
    public var processorMilliseconds: Int64?
    /// What the component's manifest asks for, for the rows of the attempt's inputs.
    public var declaredCores: Int?
    public var declaredMemoryBytes: Int64?
    public var declaredNodes: Int?
    /// What the site gave it, of what the job holds.
    public var grantedCores: Int?
    public var grantedMemoryBytes: Int64?
    public var grantedNodes: Int?

    public init(
        job: String, task: String, attempt: Int, role: String, party: String, component: String, engine: String,
        status: String, started: Int64
    ) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.role = role
        self.party = party
        self.component = component
        self.engine = engine
        self.status = status
        self.started = started
    }
}

/// The newest version of a named table.
public struct TableRecord: Codable, Equatable, Sendable {
    public var namespace: String
    public var name: String
    public var sealed: String
    public var engine: String
    /// Folder of the sealed table.
    public var path: String
    /// CBOR of the schema.
    public var schema: Data
    public var rows: Int64
    public var partitions: Int
    /// The party that owns it.
    public var owner: String
    /// Wall milliseconds since 1970.
    public var created: Int64

    public init(
        namespace: String, name: String, sealed: String, engine: String, path: String, schema: Data, rows: Int64,
        partitions: Int, owner: String, created: Int64
    ) {
        self.namespace = namespace
        self.name = name
        self.sealed = sealed
        self.engine = engine
        self.path = path
        self.schema = schema
        self.rows = rows
        self.partitions = partitions
        self.owner = owner
        self.created = created
    }
}

/// The right of a partner's jobs to read a table.
public struct TableGrant: Codable, Equatable, Sendable {
    public var namespace: String
    public var name: String
    /// Party id whose jobs may read it.
    public var partner: String
    /// Components that a job may hold; nil for any.
    public var components: [String]?
    public var created: Int64

    public init(namespace: String, name: String, partner: String, components: [String]?, created: Int64) {
        self.namespace = namespace
        self.name = name
        self.partner = partner
        self.components = components
        self.created = created
    }
}

/// What an attempt made.
public struct ArtifactRecord: Codable, Equatable, Sendable {
    public var job: String
    public var task: String
    public var attempt: Int
    public var role: String
    public var party: String
    public var name: String
    public var position: Int
    /// `table`, `model`, `cache` or `file`.
    public var kind: String
    public var path: String
    public var engine: String
    public var schema: Data
    public var rows: Int64
    public var partitions: Int

    public init(
        job: String, task: String, attempt: Int, role: String, party: String, name: String, position: Int,
        kind: String, path: String, engine: String = "", schema: Data = Data(), rows: Int64 = 0, partitions: Int = 0
    ) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.role = role
        self.party = party
        self.name = name
        self.position = position
        self.kind = kind
        self.path = path
        self.engine = engine
        self.schema = schema
        self.rows = rows
        self.partitions = partitions
    }
}

/// Something that an attempt told while it ran: a metric, its summary, a view of its model, its progress.
public struct TrackingRecord: Codable, Equatable, Sendable {
    public enum Kind: String, Codable, Sendable {
        case metric, summary, model, progress
    }

    public var job: String
    public var task: String
    public var attempt: Int
    public var role: String
    public var party: String
    public var kind: Kind
    public var name: String
    /// JSON.
    public var payload: Data
    public var time: Int64

    public init(
        job: String, task: String, attempt: Int, role: String, party: String, kind: Kind, name: String,
        payload: Data, time: Int64
    ) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.role = role
        self.party = party
        self.kind = kind
        self.name = name
        self.payload = payload
        self.time = time
    }
}

/// A credential of a submitter. The secret itself is never kept.
public struct TokenRecord: Codable, Equatable, Sendable {
    public var id: String
    /// SHA-256 of the secret, hexadecimal.
    public var hash: String
    public var submitter: String
    /// Party ids for which it may act; empty for every party of the site.
    public var parties: [String]
    public var rights: [String]
    public var created: Int64

    public init(
        id: String, hash: String, submitter: String, parties: [String], rights: [String], created: Int64
    ) {
        self.id = id
        self.hash = hash
        self.submitter = submitter
        self.parties = parties
        self.rights = rights
        self.created = created
    }
}

/// A caller who was refused.
public struct SecurityRecord: Codable, Equatable, Sendable {
    public var time: Int64
    public var kind: String
    public var caller: String
    public var text: String

    public init(time: Int64, kind: String, caller: String, text: String) {
        self.time = time
        self.kind = kind
        self.caller = caller
        self.text = text
    }
}
