import NornCrypto
import NornKit

/// Own ids by whose key signs them: with split calculation a bit of an id's salted digest decides, so that each side
/// signs one half; else the host's key signs all.
struct SignedHalves: Sendable {
    /// Positions of ids that the host's key signs, then of those that the guest's signs.
    let order: [Int]
    let guestSigned: Int

    init(_ ids: Identifiers, _ settings: IntersectionSettings, splits: Bool) throws {
        guard splits else {
            order = ids.positions
            guestSigned = 0
            return
        }
        let method = DigestMethod.sha256
        let digests = try method.digests(
            of: ids.messages(ids.positions), prefix: settings.tag + Array("split".utf8))
        let isOdd = ids.positions.map { digests[$0 * method.byteCount] & 1 == 1 }
        let odd = ids.positions.filter { isOdd[$0] }
        order = ids.positions.filter { !isOdd[$0] } + odd
        guestSigned = odd.count
    }

    var byHost: ArraySlice<Int> { order[..<(order.count - guestSigned)] }
    var byGuest: ArraySlice<Int> { order[(order.count - guestSigned)...] }
}

/// The guest's side of `rsa`.
struct BlindGuest {
    let exchange: BlindExchange
    let halves: SignedHalves

    private var context: IntersectionContext { exchange.context }
    private var hosts: [Party] { context.parties[.host] }

    /// Only what the hosts send once, for a cache.
    func collect(_ counts: [Counts]) async throws -> [IntersectionCache.HostPart] {
        var parts: [IntersectionCache.HostPart] = []
        for (host, count) in zip(hosts, counts) {
            let modulus = try await exchange.receiveKey(of: host)
            let tokens = try await exchange.receiveTokens(count.count, part: "host", from: host)
            parts.append(IntersectionCache.HostPart(party: host.id, modulus: modulus, elements: tokens))
        }
        return parts
    }

    /// For each host and each own id the place of the equal one in the order in which the host sent them, or -1.
    func match(_ counts: [Counts], cached: [IntersectionCache.HostPart]?) async throws -> [[Int]] {
        let signer =
            context.parameters.splitsCalculation ? try await exchange.makeSigner(for: hosts) : nil
        let own = try signer.map { try exchange.ownTokens(halves.byGuest, $0) } ?? []
        var matches: [[Int]] = []
        for (index, (host, count)) in zip(hosts, counts).enumerated() {
            let modulus =
                if let cached { try exchange.checked(cached[index].modulus, of: host) } else {
                    try await exchange.receiveKey(of: host)
                }
            var places = TokenPlaces()
            let asked = try await exchange.ask(host, modulus: modulus, halves.byHost)
            let hostSigned = count.count - count.guestSigned
            let tokens =
                if let cached { cached[index].elements } else {
                    try await exchange.receiveTokens(hostSigned, part: "host", from: host)
                }
            places.add(Token.tokens(tokens), from: 0)
            if let signer {
                try await exchange.sign(count.guestSigned, of: host, signer)
                let tokens = try await exchange.receiveTokens(count.guestSigned, part: "guest", from: host)
                places.add(Token.tokens(tokens), from: hostSigned)
            }
            var found = [Int](repeating: -1, count: exchange.ids.count)
            for (place, token) in Token.tokens(asked + own).enumerated() { found[halves.order[place]] = places[token] }
            matches.append(found)
        }
        return matches
    }

    /// How many own ids all hosts have, up to the rate of the hosts' filters; corrected for it where there is one host.
    func estimate() async throws -> Int {
        var isCommon = [Bool](repeating: true, count: exchange.ids.count)
        for host in hosts {
            let modulus = try await exchange.receiveKey(of: host)
            let tokens = cut(
                try await exchange.ask(host, modulus: modulus, halves.byHost), bytesEach: Token.byteCount)
            let filter = try await context.federation.receive(
                BloomFilter.self, name: IntersectionMessage.tokenFilter, from: host)
            guard filter.isWhole else { throw ComponentError.peer(host, "its filter cannot be read") }
            for (place, token) in tokens.enumerated() where !filter.mayHave(token) {
                isCommon[halves.order[place]] = false
            }
        }
        let hits = Double(isCommon.count { $0 })
        let rate = hosts.count == 1 ? context.parameters.preprocess.falsePositiveRate : 0
        return max(0, Int(((hits - rate * Double(isCommon.count)) / (1 - rate)).rounded()))
    }
}

/// A host's side of `rsa`.
struct BlindHost {
    let exchange: BlindExchange
    let halves: SignedHalves
    let guest: Party

    /// The tokens of all ids, for the guest's cache.
    func fill(_ signer: BlindSigner) async throws {
        try await exchange.send(signer, to: guest)
        try await exchange.send(
            tokens: try exchange.ownTokens(halves.order[...], signer), part: "host", to: guest)
    }

    /// - Parameters:
    ///   - counts: the guest's
    ///   - cached: the key of a cache, whose tokens the guest has
    func answer(_ counts: Counts, cached: BlindSigner?) async throws {
        let context = exchange.context
        if let cached { return try await exchange.sign(counts.count, of: guest, cached) }
        let signer = try await exchange.makeSigner(for: [guest])
        try await exchange.sign(counts.count - counts.guestSigned, of: guest, signer)
        let tokens = try exchange.ownTokens(halves.byHost, signer)
        if context.parameters.cardinalityOnly {
            var filter = try BloomFilter(
                count: halves.order.count, rate: context.parameters.preprocess.falsePositiveRate)
            for token in cut(tokens, bytesEach: Token.byteCount) { filter.add(token) }
            return try await context.federation.send(filter, name: IntersectionMessage.tokenFilter, to: guest)
        }
        try await exchange.send(tokens: tokens, part: "host", to: guest)
        guard context.parameters.splitsCalculation else { return }
        let modulus = try await exchange.receiveKey(of: guest)
        let asked = try await exchange.ask(guest, modulus: modulus, halves.byGuest)
        try await exchange.send(tokens: asked, part: "guest", to: guest)
    }
}
