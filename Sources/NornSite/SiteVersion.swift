import NornFederation
import NornRegistry

/// The release of this site.
public enum SiteVersion {
    public static let text = "0.1.0"
}

/// What two people compare before their sites work together, or an author before a plugin is built.
public struct ReleaseView: Codable, Equatable, Sendable {
    /// The release.
    public var version: String
    /// Versions of the protocol between sites that it speaks, oldest first.
    public var protocols: [Int]
    /// The generation of the ABI, which a plugin's entry point names.
    public var abiGeneration: Int
    /// Levels of the ABI that a plugin may be built for, lowest first.
    public var abiLevels: [Int]
    /// What a plugin's library is built for.
    public var platform: String

    /// This release.
    public static var own: ReleaseView {
        let rules = AdmissionRules()
        return ReleaseView(
            version: SiteVersion.text, protocols: Array(PeerVersions.oldestSpoken...PeerVersions.newestSpoken),
            abiGeneration: rules.generation, abiLevels: Array(rules.levels), platform: rules.platform)
    }
}
