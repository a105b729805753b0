/// What tasks occupy at a site while they run.
public struct Resources: Codable, Sendable, Hashable {
    public var cores: Int
    public var memoryBytes: Int64
    public var workingNodes: Int

    public static let none = Resources()

    public init(cores: Int = 0, memoryBytes: Int64 = 0, workingNodes: Int = 0) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.workingNodes = workingNodes
    }

    public static func + (left: Resources, right: Resources) -> Resources {
        Resources(
            cores: left.cores + right.cores, memoryBytes: left.memoryBytes + right.memoryBytes,
            workingNodes: left.workingNodes + right.workingNodes)
    }

    public static func - (left: Resources, right: Resources) -> Resources {
        Resources(
            cores: left.cores - right.cores, memoryBytes: left.memoryBytes - right.memoryBytes,
            workingNodes: left.workingNodes - right.workingNodes)
    }

    public func fits(in free: Resources) -> Bool {
        cores <= free.cores && memoryBytes <= free.memoryBytes && workingNodes <= free.workingNodes
    }

    /// Each amount that is larger than what is free, by how much; empty when it fits.
    public func missing(from free: Resources) -> [MissingAmount] {
        [
            MissingAmount(.cores, wanted: Int64(cores), available: Int64(free.cores)),
            MissingAmount(.memoryBytes, wanted: memoryBytes, available: free.memoryBytes),
            MissingAmount(.workingNodes, wanted: Int64(workingNodes), available: Int64(free.workingNodes)),
        ].filter { $0.wanted > $0.available }
    }

    /// What a job needs at a party when at most `parallelism` of its tasks run at once: for each kind of resource
    /// the sum of that many largest needs. The simulator asks this at every step, so it is not generic.
    public static func claim(of needs: [String: Resources].Values, parallelism: Int) -> Resources {
        let most = max(1, parallelism)
        guard needs.count > most else { return needs.reduce(.none, +) }
        func sum(_ amounts: [Int64]) -> Int64 { amounts.sorted(by: >).prefix(most).reduce(0, +) }
        return Resources(
            cores: Int(sum(needs.map { Int64($0.cores) })), memoryBytes: sum(needs.map(\.memoryBytes)),
            workingNodes: Int(sum(needs.map { Int64($0.workingNodes) })))
    }
}

/// One amount of which there is too little.
public struct MissingAmount: Codable, Sendable, Hashable {
    public enum Kind: String, Codable, Sendable, Hashable {
        case cores
        case memoryBytes = "memory_bytes"
        case workingNodes = "working_nodes"
    }

    public var kind: Kind
    public var wanted: Int64
    public var available: Int64

    public init(_ kind: Kind, wanted: Int64, available: Int64) {
        self.kind = kind
        self.wanted = wanted
        self.available = available
    }
}

/// What a job asks of the site of one party, for as long as it runs.
public struct Claim: Codable, Sendable, Hashable {
    /// The pool that it is taken from.
    public var engine: String
    public var resources: Resources

    public init(engine: String, resources: Resources) {
        self.engine = engine
        self.resources = resources
    }
}
