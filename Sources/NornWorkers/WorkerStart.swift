/// Which try of which task at which party a worker is.
public struct AttemptIdentity: Hashable, Sendable, CustomStringConvertible {
    public var job: String
    public var task: String
    public var attempt: Int
    public var role: String
    /// Party id, decimal text.
    public var party: String

    public init(job: String, task: String, attempt: Int, role: String, party: String) {
        self.job = job
        self.task = task
        self.attempt = attempt
        self.role = role
        self.party = party
    }

    public var description: String { "\(job)/\(task)/\(attempt)/\(role)/\(party)" }
}

/// What `fstat` said of a library when its digest was checked, so that a start need not hash it again.
public struct FileIdentity: Hashable, Sendable {
    public var device: Int
    public var inode: Int
    public var byteCount: Int
    public var modifiedNanoseconds: Int

    public init(device: Int, inode: Int, byteCount: Int, modifiedNanoseconds: Int) {
        self.device = device
        self.inode = inode
        self.byteCount = byteCount
        self.modifiedNanoseconds = modifiedNanoseconds
    }
}

/// A plugin's library in the content-addressed store.
public struct PluginLibrary: Hashable, Sendable {
    public var path: String
    /// SHA-256 of the plugin, 32 bytes.
    public var digest: [UInt8]
    public var identity: FileIdentity?
    /// Paths outside its folder that a worker with it may read, such as a virtual environment.
    public var readable: [String]

    public init(path: String, digest: [UInt8], identity: FileIdentity? = nil, readable: [String] = []) {
        self.path = path
        self.digest = digest
        self.identity = identity
        self.readable = readable
    }
}

/// An engine besides the attempt's own, to read an input that another engine made.
public struct ForeignEngine: Hashable, Sendable {
    public var name: String
    public var library: PluginLibrary

    public init(name: String, library: PluginLibrary) {
        self.name = name
        self.library = library
    }
}

/// One artifact that a worker may read.
public struct WorkerInput: Hashable, Sendable {
    public enum Source: Hashable, Sendable {
        /// A sealed table: schema is CBOR, descriptor is the engine's.
        case table(engine: String, descriptor: [UInt8], schema: [UInt8], rows: Int)
        /// A model, cache or file of this kind at a path.
        case file(kind: String, path: String)
    }

    /// The input's slot: `train_data`.
    public var name: String
    public var index: Int
    /// The output that feeds it: `reader_0.data`.
    public var from: String
    public var source: Source

    public init(name: String, index: Int = 0, from: String, source: Source) {
        self.name = name
        self.index = index
        self.from = from
        self.source = source
    }
}

/// An output that the component is expected to make.
public struct WorkerOutput: Hashable, Sendable {
    public var name: String
    /// `table`, `model`, `cache` or `file`.
    public var kind: String

    public init(name: String, kind: String) {
        self.name = name
        self.kind = kind
    }
}

/// Which walls the worker puts around itself before it runs a component.
public struct WorkerSandbox: Hashable, Sendable {
    /// Lets the component open sockets: the one part that is an opening, not a wall.
    public var network: Bool
    /// Only its own files.
    public var landlock: Bool
    /// No new processes, and no system calls that a computation has no use for.
    public var seccomp: Bool
    /// A machine that cannot give a wall is refused, not only told of in the log.
    public var required: Bool

    public init(network: Bool = false, landlock: Bool = true, seccomp: Bool = true, required: Bool = false) {
        self.network = network
        self.landlock = landlock
        self.seccomp = seccomp
        self.required = required
    }
}

/// Everything that a worker is given.
public struct WorkerStart: Sendable {
    public var attempt: AttemptIdentity
    /// The component's module name: `HeteroLR`.
    public var component: String
    /// Role -> party ids, in job order.
    public var parties: [String: [String]]
    public var componentPlugin: PluginLibrary
    public var enginePlugin: PluginLibrary
    public var engine: String
    /// CBOR map from the site's configuration.
    public var engineOptions: [UInt8]
    public var foreignEngines: [ForeignEngine]
    /// CBOR map with every default filled in.
    public var parameters: [UInt8]
    public var inputs: [WorkerInput]
    public var outputs: [WorkerOutput]
    /// The folder that the worker may write; it must exist.
    public var scratch: String
    /// Paths that it may read besides.
    public var readable: [String]
    public var cores: Int
    public var memoryBytes: Int
    /// Default partition count of new tables.
    public var partitions: Int
    /// Ids of the extensions that the component was granted.
    public var extensions: [String]
    public var sandbox: WorkerSandbox
    /// How long the component may take to stop after cancel.
    public var graceMilliseconds: Int
    /// Where the component's own prints go: at most `Workers.outputLimitBytes` of them.
    public var outputFile: String
    /// When the worker ends itself unless it is told of a later time, in milliseconds of `LeaseClock`; nil: when its
    /// channel ends.
    public var liveUntil: Int?
    /// Prints a backtrace at a crash, for authors; a crash then takes seconds.
    public var backtrace: Bool

    public init(
        attempt: AttemptIdentity, component: String, parties: [String: [String]], componentPlugin: PluginLibrary,
        enginePlugin: PluginLibrary, engine: String, engineOptions: [UInt8] = [0xA0],
        foreignEngines: [ForeignEngine] = [], parameters: [UInt8] = [0xA0], inputs: [WorkerInput] = [],
        outputs: [WorkerOutput] = [], scratch: String, readable: [String] = [], cores: Int = 1,
        memoryBytes: Int = 1 << 30, partitions: Int = 4, extensions: [String] = [],
        sandbox: WorkerSandbox = WorkerSandbox(), graceMilliseconds: Int = 2000, outputFile: String,
        liveUntil: Int? = nil, backtrace: Bool = false
    ) {
        self.attempt = attempt
        self.component = component
        self.parties = parties
        self.componentPlugin = componentPlugin
        self.enginePlugin = enginePlugin
        self.engine = engine
        self.engineOptions = engineOptions
        self.foreignEngines = foreignEngines
        self.parameters = parameters
        self.inputs = inputs
        self.outputs = outputs
        self.scratch = scratch
        self.readable = readable
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.partitions = partitions
        self.extensions = extensions
        self.sandbox = sandbox
        self.graceMilliseconds = graceMilliseconds
        self.outputFile = outputFile
        self.liveUntil = liveUntil
        self.backtrace = backtrace
    }
}
