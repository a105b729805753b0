import Foundation

/// Every setting of a site. Defaults are here and, with an explanation each, in conf/site.yaml; a test compares them.
/// Order of precedence: default, file, flag.
public struct SiteSettings: Codable, Equatable, Sendable {
    /// Party ids that this site serves; `any` serves every id.
    public var parties: [String] = ["any"]
    public var http = HTTP()
    public var federation = Federation()
    public var resources = Resources()
    public var jobs = Jobs()
    public var data = Data()
    public var sandbox = Sandbox()
    public var logs = Logs()
    public var scheduling = Scheduling()
    public var approval = Approval()
    public var trust = Trust()
    public var privacy = Privacy()
    public var quarantine = Quarantine()
    public var retention = Retention()
    public var disk = Disk()
    public var store = Store()

    public init() {}

    public var servesAnyParty: Bool { parties.contains("any") }
    public func serves(_ party: String) -> Bool { servesAnyParty || parties.contains(party) }

    /// The listener for people and programs.
    public struct HTTP: Codable, Equatable, Sendable {
        public var host = "127.0.0.1"
        public var port = 9380
        /// Names by which a client may call this server, besides loopback's.
        public var names: [String] = []
        /// `token` or `none`.
        public var authentication = "token"
        /// Who may call `/v1`, which FATE's clients use, without a token: `loopback`, everyone on this machine;
        /// `signed`, nobody but by signature.
        public var fateClients = "loopback"
        /// Where people reach the site from outside, such as `https://norn.example.org`; empty: the listener.
        public var externalUrl = ""
        public var maximumBodyMegabytes = 16
        public var connectionsAtOnce = 1024
    }

    /// The listener for other sites.
    public struct Federation: Codable, Equatable, Sendable {
        public var host = "0.0.0.0"
        public var port = 9381
        /// `host:port` for calls to other sites; variables of the environment are ignored.
        public var proxy = ""
        /// Whether a partner that coordinates a job reads what our components say of their errors.
        public var shareErrorTexts = false
        /// The newest protocol between sites that this one speaks; 0: the newest of this release.
        public var protocolVersion = 0
    }

    /// What this site lends to attempts; 0 is what the machine has.
    public struct Resources: Codable, Equatable, Sendable {
        public var cores = 0
        /// Attempts of one core's worth that share a core.
        public var attemptsPerCore = 4
        public var memoryMegabytes = 0
        public var attemptsAtOnce = 64
    }

    /// How jobs run, where they do not say it themselves.
    public struct Jobs: Codable, Equatable, Sendable {
        public var engine = "standalone"
        public var partitions = 4
        public var liveJobs = 1000
        public var stopGraceMilliseconds = 2000
    }

    /// Uploads and tables.
    public struct Data: Codable, Equatable, Sendable {
        public var uploadMegabytes = 16_384
        public var previewRows = 20
        /// Folders of this machine below which callers may name files to read and to write.
        public var folders: [String] = []
    }

    /// The fence around a worker.
    public struct Sandbox: Codable, Equatable, Sendable {
        public var seccomp = true
        public var landlock = true
        public var network = false
        public var cgroups = true
        /// A crash prints where it was, and takes seconds.
        public var backtrace = false
    }

    /// Log files are rotated at `megabytes`, and `files` old ones are kept.
    public struct Logs: Codable, Equatable, Sendable {
        public var level = "info"
        public var serverMegabytes = 16
        public var attemptMegabytes = 8
        public var files = 3
    }
}
