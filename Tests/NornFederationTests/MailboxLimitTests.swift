import Logging
import Testing

@testable import NornFederation

@Suite(.timeLimit(.minutes(1))) struct MailboxLimitTests {
    static let (guest, host) = (TwoSites.guestParty, TwoSites.hostParty)
    static let peer = TrustedPeer(name: "bank", parties: ["9999"], pins: [])

    static func announcement(_ number: Int, from: PartyAddress = guest, bytes: [UInt8] = [1]) -> Announcement {
        Announcement(
            key: MailboxKey(attempt: TwoSites.attempt, name: "n", tag: "\(number)", from: from, to: host),
            content: .inline(bytes), byteCount: bytes.count, digest: [1], table: nil)
    }

    @Test func refusesASenderThatIsNoPartyOfTheAttempt() async throws {
        let mailboxes = ExchangeTests.alone()
        _ = try await mailboxes.open(
            TwoSites.attempt, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let stranger = PartyAddress(role: "arbiter", id: "9999")
        let code = await failure {
            try await mailboxes.receive(Self.announcement(0, from: stranger), from: Self.peer)
        }
        #expect(code == .foreignParty)
        try await mailboxes.receive(Self.announcement(0), from: Self.peer)
    }

    @Test func keepsAPeersUnreadMessagesOutOfMemoryBeyondItsLimit() async throws {
        let mailboxes = ExchangeTests.alone()
        let host = try await mailboxes.open(
            TwoSites.attempt, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let bytes = [UInt8](repeating: 7, count: 64 * 1024)
        let inMemory = MailboxLimits.memoryBytesPerAttempt / bytes.count
        let kept = inMemory + MailboxLimits.spooledPerAttempt
        for number in 0..<kept {
            try await mailboxes.receive(Self.announcement(number, bytes: bytes), from: Self.peer)
        }
        let next = Self.announcement(kept, bytes: bytes)
        #expect(await failure { try await mailboxes.receive(next, from: Self.peer) } == .limitExceeded)
        let ticket = try await host.post(name: "n", tag: "\(inMemory)", from: Self.guest)
        let message = try await host.take(ticket)
        #expect(message.payload.memoryBytes == 0)
        #expect(try await ExchangeTests.bytes(message) == bytes)
        try await mailboxes.receive(next, from: Self.peer)
        _ = try await host.post(name: "n", tag: "\(kept + 1)", from: Self.guest)
        try await mailboxes.receive(Self.announcement(kept + 1, bytes: bytes), from: Self.peer)
    }
}
