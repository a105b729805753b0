import NornCrypto
import NornKit

/// A host's first message.
struct HostHello: Codable, Sendable {
    static let byteCount = 32
    /// random bytes: its part of the salt
    var share: [UInt8]
    /// how many ids it has
    var count: Int
    /// what it is about to do
    var plan = ""
    var hasMatchIDs = false
    /// which cache it goes on with; empty: none
    var cache: [UInt8] = []
}

/// The guest's answer to all hosts.
struct GuestHello: Codable, Sendable {
    var shares: [[UInt8]]
    var count: Int
    var plan: String
    /// Rows get the keys of the party that generates sample ids.
    var givesKeys: Bool
    /// of the cache that is used or made; empty: none
    var cache: [UInt8]
}

/// How many ids a party has left after the filter, and how many of them the guest's key signs.
struct Counts: Codable, Sendable {
    var count: Int
    var guestSigned = 0
}

extension IntersectionParameters {
    /// What parties must agree on to understand each other, salts apart: those of different parties may differ, and then
    /// nothing is found.
    func plan(_ settings: IntersectionSettings, usesCache: Bool) -> String {
        var parts = [settings.name, "sync \(syncsIDs)", joinMethod, "ids of \(sampleIDGenerator)"]
        if newSampleID { parts.append("new ids") }
        if splitsCalculation { parts.append("split") }
        if runCache { parts.append("to cache") }
        if usesCache { parts.append("from cache") }
        if cardinalityOnly { parts.append("cardinality, sync \(syncCardinality)") }
        if runPreprocess {
            parts.append("filter of \(preprocess.filterOwner) by \(preprocess.preprocessMethod.lowercased())")
        }
        return parts.joined(separator: ", ")
    }

    /// Only RSA without a cache and without cardinality can split.
    var splitsCalculation: Bool { protocolMethod == .rsa && rsa.splitCalculation }
}

/// What the parties agreed on before anything is computed.
struct Agreement: Sendable {
    var settings: IntersectionSettings
    /// At the guest: of each host; at a host: of the guest.
    var counts: [Counts]
    var givesKeys: Bool
    var cacheID: [UInt8]
}

extension IntersectionContext {
    var loop: ThreadLoop { ThreadLoop(width: cores) }

    func checkCount(_ count: Int, of party: Party) throws {
        guard 0..<Identifiers.mostIdentifiers ~= count else {
            throw ComponentError.peer(party, "it says that it has \(count) ids")
        }
    }

    private func check(plan: String, own: String, of party: Party) throws {
        guard plan == own else {
            throw ComponentError.invalid(
                field: "intersect_method",
                "\(party) is asked for another intersection (\(plan.prefix(200))) than this party (\(own)): give all "
                    + "parties the same parameters")
        }
    }

    /// At the guest. All hosts give random bytes; the salt is made of them and the guest's own.
    func agreeWithHosts(_ ids: Identifiers, cache: IntersectionCache?) async throws -> Agreement {
        var settings = try cache?.settings ?? IntersectionSettings(parameters)
        let plan = parameters.plan(settings, usesCache: cache != nil)
        let hosts = parties[.host]
        let hellos = try await federation.receive(HostHello.self, name: IntersectionMessage.saltShare, from: .host)
        for (host, hello) in zip(hosts, hellos) {
            guard hello.share.count == HostHello.byteCount else {
                throw ComponentError.peer(host, "its share of the salt has \(hello.share.count) bytes")
            }
            try checkCount(hello.count, of: host)
            try check(plan: hello.plan, own: plan, of: host)
            guard hello.cache == cache?.id ?? [] else { throw IntersectionCache.mismatch(host) }
        }
        let shares = [try randomBytes(HostHello.byteCount)] + hellos.map(\.share)
        if cache == nil { try settings.salt(shares, parameters) }
        let givesKeys =
            ids.hasMatchIDs || parameters.newSampleID || parameters.joinsLeft || hellos.contains { $0.hasMatchIDs }
        let cacheID = try cache?.id ?? (parameters.runCache ? randomBytes(16) : [])
        try await federation.send(
            GuestHello(shares: shares, count: ids.count, plan: plan, givesKeys: givesKeys, cache: cacheID),
            name: IntersectionMessage.salt, to: .host)
        return Agreement(
            settings: settings, counts: hellos.map { Counts(count: $0.count) }, givesKeys: givesKeys,
            cacheID: cacheID)
    }

    /// At a host.
    func agreeWithGuest(_ guest: Party, _ ids: Identifiers, cache: IntersectionCache?) async throws -> Agreement {
        var settings = try cache?.settings ?? IntersectionSettings(parameters)
        let plan = parameters.plan(settings, usesCache: cache != nil)
        let own = try randomBytes(HostHello.byteCount)
        let expected = try federation.expect(name: IntersectionMessage.salt, from: guest)
        let hello = HostHello(
            share: own, count: ids.count, plan: plan, hasMatchIDs: ids.hasMatchIDs, cache: cache?.id ?? [])
        try await federation.send(hello, name: IntersectionMessage.saltShare, to: guest)
        let answer = try await expected.value(GuestHello.self)
        try check(plan: answer.plan, own: plan, of: guest)
        guard answer.shares.contains(own), answer.shares.count == parties[.host].count + 1 else {
            throw ComponentError.peer(guest, "its salt leaves out this party's share")
        }
        try checkCount(answer.count, of: guest)
        if cache == nil {
            try settings.salt(answer.shares, parameters)
        } else if answer.cache != cache?.id {
            throw IntersectionCache.mismatch(guest)
        }
        return Agreement(
            settings: settings, counts: [Counts(count: answer.count)], givesKeys: answer.givesKeys,
            cacheID: answer.cache)
    }

    /// Tells the others how many ids are left, and hears it of them.
    func exchangeCounts(_ own: Counts, with others: [Party]) async throws -> [Counts] {
        let expected = try others.map { try federation.expect(name: IntersectionMessage.counts, from: $0) }
        for other in others { try await federation.send(own, name: IntersectionMessage.counts, to: other) }
        var counts: [Counts] = []
        for (other, message) in zip(others, expected) {
            let count = try await message.value(Counts.self)
            try checkCount(count.count, of: other)
            guard 0...count.count ~= count.guestSigned else {
                throw ComponentError.peer(other, "its counts contradict each other")
            }
            counts.append(count)
        }
        return counts
    }
}

enum IntersectionMessage {
    static let saltShare = "salt_share"
    static let salt = "salt"
    static let counts = "counts"
    static let filter = "filter"
    static let guestPoints = "guest_points"
    static let hostPoints = "host_points"
    static let guestPointsTwice = "guest_points_twice"
    static let publicKey = "public_key"
    static let blinded = "blinded"
    static let signed = "signed"
    static let tokens = "tokens"
    static let tokenFilter = "token_filter"
    static let order = "order"
    static let common = "common"
    static let sampleIDs = "sample_ids"
    static let cardinality = "cardinality"
}
