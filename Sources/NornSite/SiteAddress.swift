import NornFlow

/// Where people find the site's pages.
extension Site {
    /// Without a slash at its end.
    public var externalAddress: String {
        var address = settings.http.externalUrl
        while address.hasSuffix("/") { address.removeLast() }
        return address.isEmpty ? listenerAddress : address
    }

    /// The page of a job at one of its parties, in the form that FATE's clients know.
    public func boardURL(job: JobID, party: Party) -> String {
        "\(externalAddress)/index.html#/dashboard?job_id=\(job)&role=\(party.role.rawValue)&party_id=\(party.id)"
    }
}
