/// Why a site cannot give a claim now.
public struct Shortage: Codable, Sendable, Hashable {
    public enum Cause: String, Codable, Sendable, Hashable, CaseIterable {
        /// Too little is free.
        case missing
        /// It would fit, but others are first.
        case behindOthers = "behind_others"
        /// The party or the partner has as much as the site allows it.
        case limit
        /// The site is low on disk: jobs that hold nothing yet wait.
        case lowDisk = "low_disk"
    }

    /// What is missing; empty when it would fit but others are first.
    public var missing: [MissingAmount]
    /// The place in the site's queue, from 1.
    public var place: Int
    public var cause: Cause
    /// What the site says of it: which limit, how low the disk is.
    public var words: String?
    /// An older job waits here as well. Who is told so keeps nothing elsewhere while it waits.
    public var blockedByOlder: Bool

    /// - Parameter cause: nil takes it from whether something is missing.
    public init(
        missing: [MissingAmount], place: Int, cause: Cause? = nil, words: String? = nil, blockedByOlder: Bool = false
    ) {
        self.missing = missing
        self.place = place
        self.cause = cause ?? (missing.isEmpty ? .behindOthers : .missing)
        self.words = words
        self.blockedByOlder = blockedByOlder
    }

    /// What protocol 1 and schema 1 wrote has `missing` and `place` alone.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            missing: try container.decode([MissingAmount].self, forKey: .missing),
            place: try container.decode(Int.self, forKey: .place),
            cause: try container.decodeIfPresent(Cause.self, forKey: .cause),
            words: try container.decodeIfPresent(String.self, forKey: .words),
            blockedByOlder: try container.decodeIfPresent(Bool.self, forKey: .blockedByOlder) ?? false)
    }
}
