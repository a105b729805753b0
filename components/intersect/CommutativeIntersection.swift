import NornCrypto
import NornKit

/// The guest's side of `ecdh` and `dh`.
struct CommutativeGuest {
    let context: IntersectionContext
    let settings: IntersectionSettings
    let ids: Identifiers

    /// Only what the hosts send once, for a cache.
    func collect(_ counts: [Counts]) async throws -> [IntersectionCache.HostPart] {
        let cipher = try CommutativeCipher(settings)
        let arrivals = try expectPoints(counts, cipher)
        var parts: [IntersectionCache.HostPart] = []
        for (host, blocks) in zip(context.parties[.host], arrivals) {
            var elements: [UInt8] = []
            for (range, message) in blocks {
                let block = try await message.bytes()
                try check(block, range.count * cipher.bytesEach, of: host) { try cipher.check($0, on: context.loop) }
                elements += block
            }
            parts.append(IntersectionCache.HostPart(party: host.id, elements: elements))
        }
        return parts
    }

    /// For each host and each own id the place of the equal one among the host's, or -1. In a run for the cardinality
    /// alone own ids are in an order that only the hosts know.
    /// - Parameter cached: what the hosts sent in an earlier job; nil: it comes now
    func match(_ counts: [Counts], cached: [IntersectionCache.HostPart]?) async throws -> [[Int]] {
        let cipher = try CommutativeCipher(settings)
        let points = try cached == nil ? expectPoints(counts, cipher) : []
        let twice = try context.parties[.host].map { host in
            try expect(IntersectionMessage.guestPointsTwice, ids.count, bytesEach: cipher.bytesEach, of: host)
        }
        for (index, range) in blocks(ids.count, bytesEach: cipher.bytesEach).enumerated() {
            try context.checkCancelled()
            let block = try cipher.encrypt(ids.messages(range), settings, on: context.loop)
            try await context.federation.sendBytes(
                block, name: IntersectionMessage.guestPoints, tag: "\(index)", to: .host)
            try context.tracking.progress(range.upperBound, of: ids.count, "own ids")
        }
        var matches: [[Int]] = []
        for (index, host) in context.parties[.host].enumerated() {
            let places =
                if let cached {
                    try places(cached[index].elements, cipher, of: host)
                } else {
                    try await places(points[index], cipher, of: host)
                }
            matches.append(try await match(twice[index], places, cipher, of: host))
        }
        return matches
    }

    private func expect(
        _ name: String, _ count: Int, bytesEach: Int, of host: Party
    ) throws -> [(range: Range<Int>, message: Expectation)] {
        try blocks(count, bytesEach: bytesEach).enumerated().map { index, range in
            (range, try context.federation.expect(name: name, tag: "\(index)", from: host))
        }
    }

    private func expectPoints(
        _ counts: [Counts], _ cipher: CommutativeCipher
    ) throws -> [[(range: Range<Int>, message: Expectation)]] {
        try zip(context.parties[.host], counts).map { host, counts in
            try expect(IntersectionMessage.hostPoints, counts.count, bytesEach: cipher.bytesEach, of: host)
        }
    }

    private func check(
        _ bytes: [UInt8], _ byteCount: Int, of party: Party, _ body: ([UInt8]) throws -> Void
    ) throws {
        try context.refusing(party, "points") {
            guard bytes.count == byteCount else {
                throw CryptoError.badLength(expected: byteCount, found: bytes.count)
            }
            try body(bytes)
        }
    }

    private func places(
        _ blocks: [(range: Range<Int>, message: Expectation)], _ cipher: CommutativeCipher, of host: Party
    ) async throws -> TokenPlaces {
        var places = TokenPlaces()
        let total = blocks.last?.range.upperBound ?? 0
        for (range, message) in blocks {
            try context.checkCancelled()
            try check(try await message.bytes(), range.count * cipher.bytesEach, of: host) { block in
                let tokens = try cipher.tokens(of: block, settings, on: context.loop)
                places.add(Token.tokens(tokens), from: range.lowerBound)
            }
            try context.tracking.progress(range.upperBound, of: total, "ids of \(host)")
        }
        return places
    }

    private func places(
        _ elements: [UInt8], _ cipher: CommutativeCipher, of host: Party
    ) throws -> TokenPlaces {
        var places = TokenPlaces()
        let count = elements.count / cipher.bytesEach
        for range in blocks(count, bytesEach: cipher.bytesEach) {
            try context.checkCancelled()
            let block = Array(elements[range.lowerBound * cipher.bytesEach..<range.upperBound * cipher.bytesEach])
            do {
                let tokens = try cipher.tokens(of: block, settings, on: context.loop)
                places.add(Token.tokens(tokens), from: range.lowerBound)
            } catch is CryptoError { throw IntersectionCache.damaged }
        }
        return places
    }

    private func match(
        _ blocks: [(range: Range<Int>, message: Expectation)], _ places: TokenPlaces, _ cipher: CommutativeCipher,
        of host: Party
    ) async throws -> [Int] {
        var found = [Int](repeating: -1, count: ids.count)
        for (range, message) in blocks {
            try check(try await message.bytes(), range.count * Token.byteCount, of: host) { tokens in
                try cipher.check(tokens: tokens)
                for (index, token) in Token.tokens(tokens).enumerated() {
                    found[range.lowerBound + index] = places[token]
                }
            }
        }
        return found
    }
}

/// A host's side of `ecdh` and `dh`.
struct CommutativeHost {
    let context: IntersectionContext
    let settings: IntersectionSettings
    let ids: Identifiers
    let guest: Party
    let cipher: CommutativeCipher

    func sendPoints() async throws {
        for (index, range) in blocks(ids.count, bytesEach: cipher.bytesEach).enumerated() {
            try context.checkCancelled()
            let block = try cipher.encrypt(ids.messages(range), settings, on: context.loop)
            try await context.federation.sendBytes(
                block, name: IntersectionMessage.hostPoints, tag: "\(index)", to: guest)
            try context.tracking.progress(range.upperBound, of: ids.count, "own ids")
        }
    }

    /// Encrypts the guest's points once more.
    /// - Parameter sendsPoints: false where the guest has this party's in a cache
    func answer(_ count: Int, sendsPoints: Bool) async throws {
        let arrivals = try blocks(count, bytesEach: cipher.bytesEach).enumerated().map { index, range in
            (range, try context.federation.expect(name: IntersectionMessage.guestPoints, tag: "\(index)", from: guest))
        }
        if sendsPoints { try await sendPoints() }
        if context.parameters.cardinalityOnly { return try await answerInOrderOfHosts(arrivals, count) }
        for (index, (range, message)) in arrivals.enumerated() {
            let tokens = try await twice(range, message)
            try await context.federation.sendBytes(
                tokens, name: IntersectionMessage.guestPointsTwice, tag: "\(index)", to: guest)
            try context.tracking.progress(range.upperBound, of: count, "ids of \(guest)")
        }
    }

    private func twice(_ range: Range<Int>, _ message: Expectation) async throws -> [UInt8] {
        try context.checkCancelled()
        let block = try await message.bytes()
        return try context.refusing(guest, "points") {
            guard block.count == range.count * cipher.bytesEach else {
                throw CryptoError.badLength(expected: range.count * cipher.bytesEach, found: block.count)
            }
            return try cipher.tokens(of: block, settings, on: context.loop)
        }
    }

    /// In an order that all hosts know and the guest does not: it can count, and no more.
    private func answerInOrderOfHosts(_ arrivals: [(Range<Int>, Expectation)], _ count: Int) async throws {
        let seed = try await sharedSeed()
        var tokens: [UInt8] = []
        for (range, message) in arrivals { tokens += try await twice(range, message) }
        let order = try HostOrder.permutation(count, seed: seed)
        for (index, range) in blocks(count, bytesEach: cipher.bytesEach).enumerated() {
            var block: [UInt8] = []
            for place in range {
                let from = order[place] * Token.byteCount
                block += tokens[from..<from + Token.byteCount]
            }
            try await context.federation.sendBytes(
                block, name: IntersectionMessage.guestPointsTwice, tag: "\(index)", to: guest)
        }
    }

    /// The first host makes it, the others get it.
    private func sharedSeed() async throws -> [UInt8] {
        let hosts = context.parties[.host]
        guard let first = hosts.first, first != context.party else {
            let seed = try context.randomBytes(HostOrder.seedBytes)
            for other in hosts.dropFirst() {
                try await context.federation.sendBytes(seed, name: IntersectionMessage.order, to: other)
            }
            return seed
        }
        let seed = try await context.federation.receiveBytes(name: IntersectionMessage.order, from: first)
        guard seed.count == HostOrder.seedBytes else {
            throw ComponentError.peer(first, "its seed of the order has \(seed.count) bytes")
        }
        return seed
    }
}

/// An order of the guest's points that hosts have in common.
enum HostOrder {
    static let seedBytes = 32

    static func permutation(_ count: Int, seed: [UInt8]) throws -> [Int] {
        let words = try ChaCha20.words(count, key: seed)
        return (0..<count).sorted { (words[$0], $0) < (words[$1], $1) }
    }
}
