import Foundation
import NornFederation
import NornFlow
import NornRegistry

/// What a setting may be.
extension SiteSettings {
    /// Longest times and sizes that a site takes: past them a number is a mistake, and sums of them still fit.
    static let secondsMaximum = 86_400
    static let daysMaximum = 36_500
    static let megabytesMaximum = 1 << 40
    static let limitsMaximum = 1024

    /// Refuses values that no site can run with.
    public func check() throws {
        try checkListeners()
        try checkWork()
        try scheduling.check()
        try approval.check()
        try trust.check()
        try privacy.check()
        try quarantine.check()
        try retention.check()
        try disk.check()
        try store.check()
    }

    private func checkListeners() throws {
        try require(!parties.isEmpty, "parties", "A site serves at least one party; any serves every party")
        try require((0...65535).contains(http.port), "http.port", "A port is a number from 0 to 65535")
        try require((0...65535).contains(federation.port), "federation.port", "A port is a number from 0 to 65535")
        try require(http.connectionsAtOnce > 0, "http.connections_at_once", "A server takes at least one connection")
        try require(
            ["token", "none"].contains(http.authentication), "http.authentication", "It is token or none")
        try require(
            ["loopback", "signed"].contains(http.fateClients), "http.fate_clients", "It is loopback or signed")
        try require(
            http.externalUrl.isEmpty || Self.isAddress(http.externalUrl), "http.external_url",
            "It begins with http:// or https:// and names a host", hint: "https://norn.example.org")
        let spoken = PeerVersions.oldestSpoken...PeerVersions.newestSpoken
        try require(
            federation.protocolVersion == 0 || spoken.contains(federation.protocolVersion),
            "federation.protocol_version",
            "It is 0 (the newest), or one that this release speaks: \(spoken.lowerBound) to \(spoken.upperBound)")
    }

    private static func isAddress(_ text: String) -> Bool {
        guard let parts = URLComponents(string: text), parts.scheme == "http" || parts.scheme == "https" else {
            return false
        }
        return parts.host?.isEmpty == false && parts.query == nil && parts.fragment == nil
    }

    private func checkWork() throws {
        try require(jobs.partitions > 0 && jobs.partitions <= 1024, "jobs.partitions", "It is a number from 1 to 1024")
        try require(resources.cores >= 0, "resources.cores", "It is 0 (all cores) or more")
        try require(
            (1...64).contains(resources.attemptsPerCore), "resources.attempts_per_core", "It is a number from 1 to 64")
        try require(resources.memoryMegabytes >= 0, "resources.memory_megabytes", "It is 0 (most of it) or more")
        try require(
            ["trace", "debug", "info", "notice", "warning", "error", "critical"].contains(logs.level), "logs.level",
            "It is trace, debug, info, notice, warning, error or critical")
    }

    /// Refuses a listener that the whole network could use without saying who it is.
    public func checkListener() throws {
        guard !Self.isLoopback(http.host) else { return }
        guard http.authentication == "token" else {
            throw SiteError(
                "listener_without_authentication",
                "The listener \(http.host) is not loopback, so every caller must show a token",
                field: "http.authentication",
                hint: "Set http.authentication to token, or listen on 127.0.0.1")
        }
        guard !servesAnyParty else {
            throw SiteError(
                "listener_for_any_party",
                "The listener \(http.host) is not loopback, so the site must name the parties it serves",
                field: "parties", hint: "Start it with --parties 9999,10000")
        }
    }

    public static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}

private func require(_ condition: Bool, _ field: String, _ message: String, hint: String? = nil) throws {
    guard condition else { throw SiteError("invalid_settings", message, field: field, hint: hint) }
}

private func require(_ value: Int, in range: ClosedRange<Int>, _ field: String) throws {
    try require(
        range.contains(value), field, "It is a number from \(range.lowerBound) to \(range.upperBound)")
}

private func requirePartyID(_ id: String, _ field: String) throws {
    try require(
        id.utf8.count <= 32 && id.utf8.allSatisfy { (0x30...0x39).contains($0) }, field,
        "A party id is a number such as 9999, or * for each one")
}

extension SiteSettings.Approval {
    static let rulesMaximum = 1024

    func check() throws {
        try require(
            rules.count <= Self.rulesMaximum, "approval.rules", "There are at most \(Self.rulesMaximum) rules")
        for (index, rule) in rules.enumerated() { try rule.check("approval.rules[\(index)]") }
    }
}

extension SiteSettings.ApprovalRule {
    func check(_ field: String) throws {
        if partner != Self.each {
            try require(!partner.isEmpty, "\(field).partner", "A partner is a party id, or * for each one")
            try requirePartyID(partner, "\(field).partner")
        }
        for (index, table) in tables.enumerated() {
            let parts = table.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            try require(
                parts.count == 2 && parts.allSatisfy { !$0.isEmpty }, "\(field).tables[\(index)]",
                "A table is namespace/name; * stands for each namespace or name")
        }
        try require(
            ApprovalRules.Decision(rawValue: decision) != nil, "\(field).decision",
            "It is automatic, ask or refuse")
    }
}

extension SiteSettings.Trust {
    static let entriesMaximum = 4096

    func check() throws {
        try require(
            PluginTrust.Policy(rawValue: plugins) != nil, "trust.plugins", "It is unsigned, pinned or signed")
        try require(
            ComponentAgreement(rawValue: agreement) != nil, "trust.agreement", "It is contract, version or binary")
        for (name, entries) in [("pins", pins), ("publishers", publishers)] {
            try require(
                entries.count <= Self.entriesMaximum, "trust.\(name)", "There are at most \(Self.entriesMaximum)")
        }
        for (index, pin) in pins.enumerated() {
            try require(
                pin.utf8.count == 64 && pin.utf8.allSatisfy(Self.isHexadecimal), "trust.pins[\(index)]",
                "A pin is the SHA-256 of a library in 64 lowercase hexadecimal digits",
                hint: "Put it between quotes, so that it is not read as a number")
        }
        for (index, key) in publishers.enumerated() {
            try require(
                PublisherKey(text: key) != nil,
                "trust.publishers[\(index)]", "A publisher is ed25519: and 64 lowercase hexadecimal digits")
        }
        try require(
            plugins != PluginTrust.Policy.signed.rawValue || !publishers.isEmpty, "trust.publishers",
            "With trust.plugins: signed, somebody's signature has to count", hint: "Name at least one publisher's key")
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension SiteSettings.Quarantine {
    /// As many jobs as are remembered of a plugin.
    static let crashesMaximum = 64

    func check() throws {
        try require(crashes, in: 0...Self.crashesMaximum, "quarantine.crashes")
        try require(windowMinutes, in: 1...1440, "quarantine.window_minutes")
        try require(hours, in: 1...8760, "quarantine.hours")
    }
}

extension SiteSettings.Privacy {
    /// The longest that our components make.
    static let keyBitsMaximum = 4096
    static let rowsPerCellMaximum = 1_000_000

    func check() throws {
        try require(keyBits, in: PrivacyRules.shortestBits...Self.keyBitsMaximum, "privacy.key_bits")
        try require(
            PrivacyRules.Compatibility(rawValue: compatibility) != nil, "privacy.compatibility",
            "It is never, own or always")
        try require(
            PrivacyRules.SharedArbiter(rawValue: arbiterAtParty) != nil, "privacy.arbiter_at_party",
            "It is allow or refuse")
        try require(minimumRowsPerCell, in: 0...Self.rowsPerCellMaximum, "privacy.minimum_rows_per_cell")
    }
}

extension SiteSettings.Scheduling {
    /// A shorter lease ends at the first pause of a busy machine; a longer one keeps a dead partner's resources.
    static let leaseSecondsRange = 3...3600
    static let graceSecondsRange = 1...600

    func check() throws {
        try require(leaseSeconds, in: Self.leaseSecondsRange, "scheduling.lease_seconds")
        try require(storeLeaseSeconds, in: Self.leaseSecondsRange, "scheduling.store_lease_seconds")
        try require(graceSeconds, in: Self.graceSecondsRange, "scheduling.grace_seconds")
        try require(backfillPasses, in: 0...1_000_000, "scheduling.backfill_passes")
        try require(
            backfillPatienceSeconds, in: 0...SiteSettings.secondsMaximum, "scheduling.backfill_patience_seconds")
        try require(
            ["never", "lower_priority"].contains(preemption), "scheduling.preemption", "It is never or lower_priority")
        try require(
            limits.count <= SiteSettings.limitsMaximum, "scheduling.limits",
            "There are at most \(SiteSettings.limitsMaximum) limits")
        for (index, limit) in limits.enumerated() { try limit.check("scheduling.limits[\(index)]") }
    }
}

extension SiteSettings.Limit {
    func check(_ field: String) throws {
        try require(
            !party.isEmpty || !partner.isEmpty, field, "A limit is of a party of this site, of a partner, or of both",
            hint: "Give it party or partner")
        for (name, id) in [("party", party), ("partner", partner)] where id != LedgerPolicy.Limit.each {
            try requirePartyID(id, "\(field).\(name)")
        }
        try require(jobs >= 0, "\(field).jobs", "It is 0 (no limit) or more")
        try require(cores >= 0, "\(field).cores", "It is 0 (no limit) or more")
        try require(jobs > 0 || cores > 0, field, "A limit says how many jobs or cores", hint: "Give it jobs or cores")
    }
}

extension SiteSettings.Retention {
    func check() throws {
        try require(sweepMinutes, in: 1...1440, "retention.sweep_minutes")
        for (field, days) in [
            ("job_days", jobDays), ("event_days", eventDays), ("security_days", securityDays),
            ("settled_member_days", settledMemberDays),
        ] {
            try require(
                (0...SiteSettings.daysMaximum).contains(days), "retention.\(field)",
                "It is 0 (for ever) or a number of days up to \(SiteSettings.daysMaximum)")
        }
    }
}

extension SiteSettings.Disk {
    func check() throws {
        try require(
            (0...SiteSettings.megabytesMaximum).contains(lowMegabytes), "disk.low_megabytes",
            "It is 0 (no mark) or a number of MiB")
        try require(
            resumeMegabytes >= lowMegabytes && resumeMegabytes <= SiteSettings.megabytesMaximum,
            "disk.resume_megabytes", "It is at least disk.low_megabytes, which is \(lowMegabytes)")
        try require(checkSeconds, in: 1...3600, "disk.check_seconds")
    }
}

extension SiteSettings.Store {
    func check() throws {
        let isPostgreSQL = ["postgresql://", "postgres://"].contains { url.hasPrefix($0) }
        try require(
            url.isEmpty || isPostgreSQL, "store.url",
            "It is empty (a SQLite file in the home) or begins with postgresql://")
    }
}
