import Foundation
import Logging
import Testing

@testable import NornFederation

/// What one trusted peer may make this site keep.
@Suite(.timeLimit(.minutes(1))) struct PeerBudgetTests {
    static let (guest, host) = (TwoSites.guestParty, TwoSites.hostParty)
    static let bank = TrustedPeer(name: "bank", parties: ["9999"], pins: [])
    static let shop = TrustedPeer(name: "shop", parties: ["8888"], pins: [])
    static let small = PayloadBudget.Limits(bytesPerPeer: 1000, bytes: 1500, freeBytesKept: 0)

    static func key(_ tag: String, attempt: Int = 0, from: PartyAddress = guest) -> MailboxKey {
        let attempt = AttemptName(job: "job", task: "lr_0", attempt: attempt)
        return MailboxKey(attempt: attempt, name: "n", tag: tag, from: from, to: host)
    }

    static func announcement(_ key: MailboxKey, inline bytes: [UInt8]) -> Announcement {
        Announcement(key: key, content: .inline(bytes), byteCount: bytes.count, digest: [1], table: nil)
    }

    static func announcement(_ key: MailboxKey, pulled byteCount: Int) -> Announcement {
        Announcement(
            key: key, content: .pulled(id: PayloadID.make()), byteCount: byteCount, digest: [1], table: nil)
    }

    // MARK: Payloads on disk

    @Test func aPeerGetsItsPartOfTheDiskAndOthersGetTheirs() throws {
        var budget = PayloadBudget(Self.small)
        #expect(try budget.book(Self.key("0"), peer: "bank", byteCount: 900, folder: nil))
        #expect(try !budget.book(Self.key("0"), peer: "bank", byteCount: 900, folder: nil), "booked twice")
        #expect(throws: FederationError.self) {
            try budget.book(Self.key("1"), peer: "bank", byteCount: 101, folder: nil)
        }
        #expect(try budget.book(Self.key("2"), peer: "shop", byteCount: 600, folder: nil))
        #expect(throws: FederationError.self) {
            try budget.book(Self.key("3"), peer: "third", byteCount: 1, folder: nil)
        }
        budget.release(Self.key("0"))
        budget.release(Self.key("0"))
        #expect(budget.bytes == 600)
        budget.release(MailboxOwner(attempt: Self.key("2").attempt, party: Self.host))
        #expect(budget.bytes == 0)
    }

    @Test func aPayloadThatTheDiskCannotHoldIsRefusedBeforeItIsPulled() throws {
        var budget = PayloadBudget(PayloadBudget.Limits(bytesPerPeer: .max, bytes: .max, freeBytesKept: 1 << 60))
        do {
            _ = try budget.book(Self.key("0"), peer: "bank", byteCount: 1, folder: "/tmp")
            Issue.record("it was booked")
        } catch {
            #expect(error.code == .limitExceeded && error.isRetryable && error.peer == "bank")
        }
        #expect(budget.bytes == 0)
    }

    @Test func announcedPayloadsAreRefusedBeyondTheBudgetAndGivenBackWithTheirAttempt() async throws {
        let mailboxes = Mailboxes(
            directory: PartyDirectory(local: .any), client: nil, limits: Self.small, logger: Logger(label: "test"))
        // Its attempt has not begun: nothing is pulled, and the promise counts.
        try await mailboxes.receive(Self.announcement(Self.key("0"), pulled: 900), from: Self.bank)
        try await mailboxes.receive(Self.announcement(Self.key("0"), pulled: 900), from: Self.bank)
        let next = Self.announcement(Self.key("1"), pulled: 900)
        #expect(await failure { try await mailboxes.receive(next, from: Self.bank) } == .limitExceeded)
        await mailboxes.close(Self.key("0").attempt, party: Self.host, succeeded: false)
        #expect(await failure { try await mailboxes.receive(next, from: Self.bank) } == .attemptEnded)
        try await mailboxes.receive(Self.announcement(Self.key("1", attempt: 1), pulled: 900), from: Self.bank)
    }

    @Test func aTakenPayloadMakesRoomForTheNext() async throws {
        let limits = PayloadBudget.Limits(bytesPerPeer: 150_000, bytes: 150_000, freeBytesKept: 0)
        try await TwoSites.with(hostLimits: limits) { sites in
            let parties: Set = [Self.guest, Self.host]
            let sender = try await sites.guest.mailboxes.open(
                TwoSites.attempt, party: Self.guest, folder: sites.guest.folder, parties: parties)
            let receiver = try await sites.host.mailboxes.open(
                TwoSites.attempt, party: Self.host, folder: sites.host.folder, parties: parties)
            for tag in ["0", "1", "2"] {
                try await sender.send(
                    name: "n", tag: tag, to: Self.host, payload: .bytes([UInt8](repeating: 3, count: 100_000)))
            }
            // Only one fits at a time; the others are announced again.
            for tag in ["0", "1", "2"] {
                let ticket = try await receiver.post(name: "n", tag: tag, from: Self.guest)
                #expect(try await receiver.wait([ticket], needsAll: true) == [true])
                #expect(try await receiver.take(ticket).payload.byteCount == 100_000)
            }
        }
    }

    // MARK: Early messages

    @Test func aPeerCannotCrowdOthersOutOfTheEarlyMessages() async throws {
        let mailboxes = ExchangeTests.alone()
        for number in 0..<MailboxLimits.earlyMessagesPerPeer {
            let key = Self.key("\(number)", attempt: number)
            try await mailboxes.receive(Self.announcement(key, inline: [1]), from: Self.bank)
        }
        let next = Self.announcement(Self.key("x", attempt: -1), inline: [1])
        #expect(await failure { try await mailboxes.receive(next, from: Self.bank) } == .limitExceeded)
        let other = Self.key("y", attempt: -1, from: PartyAddress(role: "guest", id: "8888"))
        try await mailboxes.receive(Self.announcement(other, inline: [1]), from: Self.shop)
        // A message of this site's own party is kept too.
        let sender = try await mailboxes.open(
            TwoSites.attempt, party: Self.guest, folder: "/tmp", parties: [Self.guest, Self.host])
        try await sender.send(name: "own", tag: "0", to: Self.host, payload: .bytes([5]))
    }

    @Test func earlyMessagesAreForgottenAfterTheirTime() throws {
        var early = EarlyMessages()
        let owner = MailboxOwner(attempt: TwoSites.attempt, party: Self.host)
        let start = ContinuousClock.now
        try early.keep(
            .announcement(Self.announcement(Self.key("0"), inline: [1]), Self.bank), owner: owner, now: start)
        #expect(early.expire(start + .seconds(MailboxLimits.earlySeconds - 1)).isEmpty)
        #expect(early.expire(start + .seconds(MailboxLimits.earlySeconds + 1)) == [Self.key("0")])
        #expect(early.take(owner).isEmpty)
    }

    @Test(arguments: [true, false])
    func anEarlyMessageOfAPeerThatLostItsPartyIsNotDelivered(isRemoved: Bool) async throws {
        try await TwoSites.with { sites in
            let peer = try sites.host.peer("bank")
            let bytes: [UInt8] = [5]
            let key = MailboxKey(attempt: TwoSites.attempt, name: "n", tag: "0", from: Self.guest, to: Self.host)
            try await sites.host.mailboxes.receive(Self.announcement(key, inline: bytes), from: peer)
            try sites.host.editTrust { trust in
                if isRemoved { _ = trust.remove(name: "bank") } else { trust.peers[0].parties = ["7777"] }
            }
            let receiver = try await sites.host.mailboxes.open(
                TwoSites.attempt, party: Self.host, folder: sites.host.folder, parties: [Self.guest, Self.host])
            try sites.host.trusts(sites.guest, parties: ["9999"], address: nil)
            let ticket = try await receiver.post(name: "n", tag: "0", from: Self.guest)
            let done = try await receiver.wait([ticket], needsAll: true, timeout: .milliseconds(50))
            #expect(done == [false], "a message of a party that was taken away arrived")
        }
    }
}
