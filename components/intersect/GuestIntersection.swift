import NornCrypto
import NornKit

/// The guest's side.
struct GuestIntersection {
    let context: IntersectionContext
    let ids: Identifiers
    let hosts: [Party]

    /// The positions of ids that every host has too.
    func common() async throws -> [Int] {
        let (salt, counts) = try await agreeOnSalt()
        let scalar = try CurveScalar()
        let arrivals = try zip(hosts, counts).map { host, count in try expectations(host, count) }
        try await sendPoints(scalar, tag: try salt.tag(context.parameters))
        var isCommon = [Bool](repeating: true, count: ids.count)
        var matches: [[Int]] = []
        for (host, arrival) in zip(hosts, arrivals) {
            let found = try await match(arrival, of: host, scalar: scalar)
            for position in found.indices where found[position] < 0 { isCommon[position] = false }
            matches.append(found)
        }
        if context.parameters.syncsIDs {
            for (index, host) in hosts.enumerated() {
                try await tell(host, count: counts[index], matches: matches[index], isCommon: isCommon)
            }
        }
        return isCommon.indices.filter { isCommon[$0] }
    }

    private func agreeOnSalt() async throws -> (salt: JobSalt, counts: [Int]) {
        let shares = try await context.federation.receive(
            SaltShare.self, name: IntersectionMessage.saltShare, from: .host)
        for (host, share) in zip(hosts, shares) {
            guard share.share.count == SaltShare.byteCount else {
                throw ComponentError.peer(host, "its share of the salt has \(share.share.count) bytes")
            }
            try context.checkCount(share.count, of: host)
        }
        let own = try context.randomBytes(SaltShare.byteCount)
        let salt = JobSalt(shares: [own] + shares.map(\.share), count: ids.count)
        try await context.federation.send(salt, name: IntersectionMessage.salt, to: .host)
        return (salt, shares.map(\.count))
    }

    private struct Arrivals {
        var points: [(range: Range<Int>, message: Expectation)]
        var twice: [(range: Range<Int>, message: Expectation)]
    }

    private func expectations(_ host: Party, _ count: Int) throws -> Arrivals {
        func all(_ name: String, _ count: Int) throws -> [(range: Range<Int>, message: Expectation)] {
            try blocks(count).enumerated().map { index, range in
                (range, try context.federation.expect(name: name, tag: "\(index)", from: host))
            }
        }
        return Arrivals(
            points: try all(IntersectionMessage.hostPoints, count),
            twice: try all(IntersectionMessage.guestPointsTwice, ids.count))
    }

    private func sendPoints(_ scalar: CurveScalar, tag: [UInt8]) async throws {
        for (index, range) in blocks(ids.count).enumerated() {
            try context.checkCancelled()
            let points = try scalar.multiply(try ids.points(range, tag: tag, on: context.loop), on: context.loop)
            try await context.federation.sendBytes(
                points.bytes, name: IntersectionMessage.guestPoints, tag: "\(index)", to: .host)
            try context.tracking.progress(range.upperBound, of: ids.count, "own ids")
        }
    }

    /// For each own id the position of the host's equal one, or -1.
    private func match(_ arrivals: Arrivals, of host: Party, scalar: CurveScalar) async throws -> [Int] {
        var positions: [CurvePoint: Int] = [:]
        positions.reserveCapacity(arrivals.points.last?.range.upperBound ?? 0)
        for (range, message) in arrivals.points {
            try context.checkCancelled()
            let points = try context.points(try await message.bytes(), range.count, from: host)
            let twice = try scalar.multiply(points, on: context.loop)
            for index in 0..<twice.count { positions[twice.point(index)] = range.lowerBound + index }
            try context.tracking.progress(
                range.upperBound, of: arrivals.points.last?.range.upperBound ?? 0, "ids of \(host)")
        }
        var found = [Int](repeating: -1, count: ids.count)
        for (range, message) in arrivals.twice {
            let points = try context.points(try await message.bytes(), range.count, from: host)
            for index in 0..<points.count { found[range.lowerBound + index] = positions[points.point(index)] ?? -1 }
        }
        return found
    }

    /// One bit for each point that the host sent, lowest first.
    private func tell(_ host: Party, count: Int, matches: [Int], isCommon: [Bool]) async throws {
        var bits = [UInt8](repeating: 0, count: (count + 7) / 8)
        for (position, match) in matches.enumerated() where isCommon[position] && match >= 0 {
            bits[match >> 3] |= 1 << UInt8(match & 7)
        }
        try await context.federation.sendBytes(bits, name: IntersectionMessage.common, to: host)
    }
}
