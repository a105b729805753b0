import NornKit

/// What a party keeps of the hosts' side of an intersection (`run_cache`), so that later ones compute only the guest's.
///
/// A host keeps its secret and its ids in the order in which it sent them; the guest keeps what the hosts sent. Neither
/// leaves the party. Jobs that use one cache share its salt.
struct IntersectionCache: Codable, Sendable {
    static let formatNow = 1

    struct HostPart: Codable, Sendable {
        var party: String
        /// of the RSA key; empty for other methods
        var modulus: [UInt8] = []
        /// encrypted ids, or tokens of RSA
        var elements: [UInt8]
    }

    var format = formatNow
    /// Random: the caches of one run have the same.
    var id: [UInt8]
    var settings: IntersectionSettings
    /// At the guest.
    var hosts: [HostPart] = []
    /// At a host: the secret.
    var secret: [UInt8] = []
    /// At a host.
    var ids = CachedIdentifiers()

    static let damaged = ComponentError.invalid(
        field: "cache", "this is no cache of an intersection; take the cache output of Intersection with run_cache")

    static func mismatch(_ party: Party) -> ComponentError {
        ComponentError.invalid(
            field: "cache", "\(party) has not the cache that belongs to this party's: load the caches of one job")
    }

    /// - Returns: nil where the job gives none
    static func load(_ context: IntersectionContext) async throws -> IntersectionCache? {
        guard let artifact = context.inputs.artifacts.first(where: { $0.kind == .cache }) else { return nil }
        let cache: IntersectionCache
        do {
            cache = try await context.inputs.model(IntersectionCache.self, artifact.name, index: artifact.index)
        } catch is DecodingError { throw damaged }
        let bits = IntersectionParameters.knownKeyBits(cache.settings.method)
        guard cache.format == formatNow, cache.id.count == 16, cache.ids.isWhole, 1...255 ~= cache.settings.tag.count,
            bits.contains(cache.settings.keyBits)
        else { throw damaged }
        let parameters = context.parameters
        guard cache.settings.method == parameters.protocolMethod else {
            throw ComponentError.invalid(
                field: "intersect_method",
                "the cache was made by \(cache.settings.method.rawValue): ask for that method")
        }
        let hosts = context.parties[.host].map(\.id)
        guard context.role == .host ? !cache.secret.isEmpty : cache.hosts.map(\.party) == hosts else {
            throw ComponentError.invalid(
                field: "cache", "the cache was made for another party or other hosts than this job has")
        }
        return cache
    }
}
