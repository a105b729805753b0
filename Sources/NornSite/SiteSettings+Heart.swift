import NornFlow

/// Settings in the heart's words.
extension SiteSettings.Scheduling {
    /// How many times a lease is renewed before it would end.
    private static let renewalsInLease: Int64 = 3

    /// What jobs that begin at this site are coordinated with.
    var timing: Timing {
        let lease = Int64(leaseSeconds) * 1000
        return Timing(
            leaseMilliseconds: lease, graceMilliseconds: Int64(graceSeconds) * 1000,
            renewalMilliseconds: lease / Self.renewalsInLease)
    }
}
