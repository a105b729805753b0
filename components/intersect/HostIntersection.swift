import NornCrypto
import NornKit

/// A host's side.
struct HostIntersection {
    let context: IntersectionContext
    let ids: Identifiers
    let guest: Party

    /// The positions of ids that all parties have; nil when the guest does not tell.
    func common() async throws -> [Int]? {
        let salt = try await agreeOnSalt()
        let scalar = try CurveScalar()
        let arrivals = try blocks(salt.count).enumerated().map { index, range in
            (range, try context.federation.expect(name: IntersectionMessage.guestPoints, tag: "\(index)", from: guest))
        }
        try await sendPoints(scalar, tag: try salt.tag(context.parameters))
        for (index, (range, message)) in arrivals.enumerated() {
            try context.checkCancelled()
            let points = try context.points(try await message.bytes(), range.count, from: guest)
            let twice = try scalar.multiply(points, on: context.loop)
            try await context.federation.sendBytes(
                twice.bytes, name: IntersectionMessage.guestPointsTwice, tag: "\(index)", to: guest)
            try context.tracking.progress(range.upperBound, of: salt.count, "ids of \(guest)")
        }
        guard context.parameters.syncsIDs else { return nil }
        let bits = try await context.federation.receiveBytes(name: IntersectionMessage.common, from: guest)
        guard bits.count == (ids.count + 7) / 8 else {
            throw ComponentError.peer(guest, "it tells the common ids of \(bits.count * 8) points, not \(ids.count)")
        }
        return (0..<ids.count).filter { bits[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
    }

    private func agreeOnSalt() async throws -> JobSalt {
        let own = try context.randomBytes(SaltShare.byteCount)
        let expected = try context.federation.expect(name: IntersectionMessage.salt, from: guest)
        try await context.federation.send(
            SaltShare(share: own, count: ids.count), name: IntersectionMessage.saltShare, to: guest)
        let salt = try await expected.value(JobSalt.self)
        guard salt.shares.contains(own), salt.shares.count == context.parties[.host].count + 1 else {
            throw ComponentError.peer(guest, "its salt leaves out this party's share")
        }
        try context.checkCount(salt.count, of: guest)
        return salt
    }

    private func sendPoints(_ scalar: CurveScalar, tag: [UInt8]) async throws {
        for (index, range) in blocks(ids.count).enumerated() {
            try context.checkCancelled()
            let points = try scalar.multiply(try ids.points(range, tag: tag, on: context.loop), on: context.loop)
            try await context.federation.sendBytes(
                points.bytes, name: IntersectionMessage.hostPoints, tag: "\(index)", to: guest)
            try context.tracking.progress(range.upperBound, of: ids.count, "own ids")
        }
    }
}
