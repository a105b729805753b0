/// What an attempt of a component asks for at one party: a base, and an amount for each million rows of input.
public struct ResourceDeclaration: Hashable, Sendable, Codable {
    public var cores: Int
    public var memoryBytes: Int
    public var workingNodes: Int
    public var coresPerMillionRows: Double
    public var memoryBytesPerMillionRows: Int

    /// What holds for a component that declares nothing.
    public static let standard = ResourceDeclaration()

    public init(
        cores: Int = 1, memoryBytes: Int = 256 * 1024 * 1024, workingNodes: Int = 1, coresPerMillionRows: Double = 0,
        memoryBytesPerMillionRows: Int = 0
    ) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.workingNodes = workingNodes
        self.coresPerMillionRows = coresPerMillionRows
        self.memoryBytesPerMillionRows = memoryBytesPerMillionRows
    }

    /// The request for a number of input rows; amounts are rounded up, and stop at the caps instead of overflowing.
    public func request(rows: Int) -> ResourceRequest {
        let millions = Double(max(rows, 0)) / 1_000_000
        let extraCores = min((coresPerMillionRows * millions).rounded(.up), Double(Manifest.coresMaximum))
        let extraBytes = min(
            (Double(memoryBytesPerMillionRows) * millions).rounded(.up), Double(Manifest.memoryBytesMaximum))
        return ResourceRequest(
            cores: min(cores + Int(extraCores), Manifest.coresMaximum),
            memoryBytes: min(memoryBytes + Int(extraBytes), Manifest.memoryBytesMaximum), workingNodes: workingNodes)
    }
}

/// What one attempt asks for.
public struct ResourceRequest: Hashable, Sendable, Codable {
    public var cores: Int
    public var memoryBytes: Int
    public var workingNodes: Int

    public init(cores: Int, memoryBytes: Int, workingNodes: Int) {
        self.cores = cores
        self.memoryBytes = memoryBytes
        self.workingNodes = workingNodes
    }
}
