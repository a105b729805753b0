/// The versions of the protocol between sites that one site speaks. Two sites always speak the lower of both newest
/// ones, so the sites of a federation need not be renewed on the same day.
///
/// | version | release | what is new |
/// |---|---|---|
/// | 1 | part 1 | orders, reports, exchange |
/// | 2 | part 2 | pause, rerun, inheritance, timing in orders, further reasons of failures |
/// | 3 | part 3 | several messages in one call; their bodies in the coding of the heart's rows, not in JSON |
/// | 4 | this one | deployment and migration of models, predict jobs |
public struct PeerVersions: Hashable, Sendable {
    public static let newestSpoken = 4
    public static let oldestSpoken = 1
    /// The first version in which a job can be paused, run again, and named as another's dependency.
    public static let withReruns = 2
    /// The first version in which one call carries several messages.
    static let withBatches = 3
    /// The first version in which the heart's messages are no JSON.
    public static let withBinaryBodies = 3
    /// The first version in which jobs change and use kept models.
    public static let withModels = 4

    public let newest: Int
    public let oldest: Int

    /// - Parameter newest: the newest one to speak, for a rolling upgrade; nil for the newest of this release.
    public init(newest: Int? = nil) {
        self.newest = newest.map { min(max($0, Self.oldestSpoken), Self.newestSpoken) } ?? Self.newestSpoken
        oldest = Self.oldestSpoken
    }

    /// The version of a request that names it.
    /// - Throws: `FederationError.protocolVersion`.
    func check(_ version: Int?, peer: String) throws(FederationError) {
        guard let version, (oldest...newest).contains(version) else {
            throw refusal("protocol \(version.map(String.init) ?? "of no version")", peer)
        }
    }

    /// The version to speak with a peer: the lower of both newest.
    /// - Throws: `FederationError.protocolVersion` when that is older than what one of both still knows.
    func common(with hello: PeerHello, peer: String) throws(FederationError) -> Int {
        let common = min(newest, hello.protocolVersion)
        guard common >= oldest, common >= hello.oldestProtocolVersion else {
            throw refusal("protocols \(hello.oldestProtocolVersion) to \(hello.protocolVersion)", peer)
        }
        return common
    }

    private func refusal(_ spoken: String, _ peer: String) -> FederationError {
        FederationError(
            .protocolVersion, "\(peer) speaks \(spoken), this site \(oldest) to \(newest): renew the older of both",
            peer: peer)
    }
}
