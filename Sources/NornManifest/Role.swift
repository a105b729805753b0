extension Manifest {
    /// What a party is in a job, as manifests spell it.
    public enum Role: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
        /// Has the label.
        case guest
        /// Has features.
        case host
        /// Holds keys.
        case arbiter
        /// Works for itself.
        case local

        /// The order in which roles are listed: guest, host, arbiter, local.
        public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

        private var rank: Int {
            switch self {
            case .guest: 0
            case .host: 1
            case .arbiter: 2
            case .local: 3
            }
        }
    }
}
