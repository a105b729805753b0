/// Which plugins a site takes besides those of its own installation, which are trusted as the program is.
public struct PluginTrust: Hashable, Sendable {
    public enum Policy: String, Hashable, Sendable, CaseIterable {
        /// Each one that passes the other checks.
        case unsigned
        /// Libraries whose digest is pinned.
        case pinned
        /// Those that a known publisher signed.
        case signed
    }

    public var policy: Policy
    /// Digests of plugins, 64 lowercase hexadecimal digits: the SHA-256 of the library, or that of the list of all
    /// files where there are others.
    public var pins: Set<String>
    public var publishers: Set<PublisherKey>
    /// The real paths of folders whose plugins belong to the installation.
    public var installation: [String]

    public init(
        policy: Policy = .unsigned, pins: Set<String> = [], publishers: Set<PublisherKey> = [],
        installation: [String] = []
    ) {
        self.policy = policy
        self.pins = pins
        self.publishers = publishers
        self.installation = installation
    }

    func isOfInstallation(_ folderPath: String) -> Bool {
        installation.contains { folderPath.hasPrefix($0 + "/") }
    }

    /// Why a plugin is not taken; nil when it is.
    /// - Parameters:
    ///   - digest: as `pins` has it.
    ///   - publisher: who signed it, checked; nil for nobody.
    func refusal(of digest: String, publisher: PublisherKey?) -> (message: String, remedy: String)? {
        if pins.contains(digest) { return nil }
        switch policy {
        case .unsigned: return nil
        case .pinned:
            return (
                "the plugin \(digest) is not pinned, and this site takes pinned plugins only",
                "If you trust it, put its digest among trust.pins in site.yaml."
            )
        case .signed:
            guard let publisher else {
                return (
                    "nobody signed the plugin, and this site takes signed ones only",
                    "Get it signed by its publisher, or put \(digest) among trust.pins in site.yaml."
                )
            }
            guard publishers.contains(publisher) else {
                return (
                    "the plugin is signed by \(publisher), whom this site does not know",
                    "If you trust that publisher, put the key among trust.publishers in site.yaml."
                )
            }
            return nil
        }
    }
}
