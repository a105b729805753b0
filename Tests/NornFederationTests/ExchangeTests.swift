import Foundation
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import NornFederation

@Suite(.timeLimit(.minutes(1))) struct ExchangeTests {
    static let attempt = TwoSites.attempt
    static let (guest, host) = (TwoSites.guestParty, TwoSites.hostParty)

    /// One site with both parties.
    static func alone() -> Mailboxes {
        Mailboxes(directory: PartyDirectory(local: .any), logger: Logger(label: "test"))
    }

    static func bytes(_ message: MailboxMessage) async throws -> [UInt8] {
        switch message.payload {
        case .bytes(let bytes): return bytes
        case .file(let file):
            var all: [UInt8] = []
            while all.count < file.byteCount { all += Array(buffer: try await file.read(from: all.count)) }
            return all
        }
    }

    @Test func handsAFileToAPartyOfTheSameSiteAsItIs() async throws {
        let mailboxes = Self.alone()
        let sender = try await mailboxes.open(
            Self.attempt, party: Self.guest, folder: "/tmp", parties: [Self.guest, Self.host])
        let receiver = try await mailboxes.open(
            Self.attempt, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let file = try SpoolFile(folder: "/tmp", byteCount: 3)
        let ticket = try await receiver.post(name: "n", tag: "0", from: Self.guest)
        try await sender.send(
            name: "n", tag: "0", to: Self.host, payload: .file(file), table: .init(rows: 1, partitions: 1))
        #expect(try await receiver.wait([ticket], needsAll: true) == [true])
        let message = try await receiver.take(ticket)
        guard case .file(let taken) = message.payload else {
            Issue.record("the file became bytes")
            return
        }
        #expect(taken === file)
        #expect(message.table == TableFrames(rows: 1, partitions: 1))
        // Once.
        let again = try await receiver.post(name: "n", tag: "0", from: Self.guest)
        #expect(await failure { _ = try await receiver.take(again) } == .notFound)
    }

    @Test func aTakeWaitsForItsMessage() async throws {
        let mailboxes = Self.alone()
        let parties: Set = [Self.guest, Self.host]
        let sender = try await mailboxes.open(Self.attempt, party: Self.guest, folder: "/tmp", parties: parties)
        let receiver = try await mailboxes.open(Self.attempt, party: Self.host, folder: "/tmp", parties: parties)
        let ticket = try await receiver.post(name: "n", tag: "0", from: Self.guest)
        let taking = Task { try await Self.bytes(receiver.take(ticket)) }
        while await !mailboxes.hasWaiters { await Task.yield() }
        try await sender.send(name: "n", tag: "0", to: Self.host, payload: .bytes([7]))
        #expect(try await taking.value == [7])
        // The end of the attempt ends a take too.
        let never = try await receiver.post(name: "n", tag: "1", from: Self.guest)
        let inVain = Task { try await receiver.take(never) }
        while await !mailboxes.hasWaiters { await Task.yield() }
        await receiver.close(succeeded: false)
        #expect(await failure { _ = try await inVain.value } == .attemptEnded)
    }

    @Test func keepsMessagesForAnAttemptThatOpensLater() async throws {
        let mailboxes = Self.alone()
        let sender = try await mailboxes.open(
            Self.attempt, party: Self.guest, folder: "/tmp", parties: [Self.guest, Self.host])
        try await sender.send(name: "n", tag: "0", to: Self.host, payload: .bytes([5]))
        let receiver = try await mailboxes.open(
            Self.attempt, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let ticket = try await receiver.post(name: "n", tag: "0", from: Self.guest)
        #expect(try await Self.bytes(receiver.take(ticket)) == [5])
    }

    @Test func refusesASecondMessageOfTheSameKey() async throws {
        let mailboxes = Self.alone()
        let sender = try await mailboxes.open(
            Self.attempt, party: Self.guest, folder: "/tmp", parties: [Self.guest, Self.host])
        try await sender.send(name: "n", tag: "0", to: Self.host, payload: .bytes([1]))
        let code = await failure { try await sender.send(name: "n", tag: "0", to: Self.host, payload: .bytes([1])) }
        #expect(code == .alreadyExists)
        try await sender.send(name: "n", tag: "1", to: Self.host, payload: .bytes([1]))
    }

    @Test func waitsForOneForAllAndNoLongerThanAsked() async throws {
        let mailboxes = Self.alone()
        let sender = try await mailboxes.open(
            Self.attempt, party: Self.guest, folder: "/tmp", parties: [Self.guest, Self.host])
        let receiver = try await mailboxes.open(
            Self.attempt, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let first = try await receiver.post(name: "n", tag: "0", from: Self.guest)
        let second = try await receiver.post(name: "n", tag: "1", from: Self.guest)
        async let any = receiver.wait([first, second], needsAll: false)
        try await sender.send(name: "n", tag: "1", to: Self.host, payload: .bytes([1]))
        #expect(try await any == [false, true])
        let timedOut = try await receiver.wait([first, second], needsAll: true, timeout: .milliseconds(10))
        #expect(timedOut == [false, true])
        async let all = receiver.wait([first, second], needsAll: true)
        try await sender.send(name: "n", tag: "0", to: Self.host, payload: .bytes([1]))
        #expect(try await all == [true, true])
    }

    @Test func endsWithItsAttempt() async throws {
        let mailboxes = Self.alone()
        let sender = try await mailboxes.open(
            Self.attempt, party: Self.guest, folder: "/tmp", parties: [Self.guest, Self.host])
        let receiver = try await mailboxes.open(
            Self.attempt, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let ticket = try await receiver.post(name: "n", tag: "0", from: Self.guest)
        let waiting = Task { try await receiver.wait([ticket], needsAll: true) }
        await receiver.close(succeeded: false)
        await #expect(throws: FederationError.self) { try await waiting.value }
        // Late: nobody gets it, and a later attempt least of all.
        try await sender.send(name: "n", tag: "0", to: Self.host, payload: .bytes([1]))
        #expect(await failure { _ = try await receiver.take(ticket) } == .attemptEnded)
        let next = AttemptName(job: "job", task: "lr_0", attempt: 1)
        let later = try await mailboxes.open(next, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let laterTicket = try await later.post(name: "n", tag: "0", from: Self.guest)
        #expect(try await later.wait([laterTicket], needsAll: true, timeout: .milliseconds(5)) == [false])
    }

    @Test func cancelsAWait() async throws {
        let mailboxes = Self.alone()
        let receiver = try await mailboxes.open(
            Self.attempt, party: Self.host, folder: "/tmp", parties: [Self.guest, Self.host])
        let ticket = try await receiver.post(name: "n", tag: "0", from: Self.guest)
        let waiting = Task { try await receiver.wait([ticket], needsAll: true) }
        waiting.cancel()
        await #expect(throws: FederationError.self) { try await waiting.value }
    }

    @Test func needsARoute() async throws {
        let mailboxes = Mailboxes(
            directory: PartyDirectory(local: .only(["9999"])), logger: Logger(label: "test"))
        let sender = try await mailboxes.open(
            Self.attempt, party: Self.guest, folder: "/tmp", parties: [Self.guest, Self.host])
        #expect(
            await failure { try await sender.send(name: "n", tag: "", to: Self.host, payload: .bytes([])) } == .noRoute)
        #expect(await failure { _ = try await sender.post(name: "n", tag: "", from: Self.host) } == .noRoute)
    }

    @Test func boundsWhatWaitsForAttemptsThatHaveNotBegun() throws {
        var early = EarlyMessages()
        let now = ContinuousClock.now
        func message(_ tag: Int, _ count: Int) -> EarlyMessages.Arrival {
            let key = MailboxKey(attempt: Self.attempt, name: "n", tag: "\(tag)", from: Self.guest, to: Self.host)
            return .message(MailboxMessage(key: key, payload: .bytes([UInt8](repeating: 0, count: count))))
        }
        let owner = MailboxOwner(attempt: Self.attempt, party: Self.host)
        try early.keep(message(0, MailboxLimits.earlyBytes - 1000), owner: owner, now: now)
        #expect(throws: FederationError.self) { try early.keep(message(1, 1000), owner: owner, now: now) }
        #expect(early.expire(now + .seconds(MailboxLimits.earlySeconds + 1)).count == 1)
        try early.keep(message(1, 1000), owner: owner)
        #expect(early.take(owner).count == 1)
    }

    @Test func exchangesSmallAndLargeMessagesBetweenSites() async throws {
        try await TwoSites.with { sites in
            let (guest, host) = try await sites.open()
            let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let tickets = [
                try await host.post(name: "n", tag: "small", from: Self.guest),
                try await host.post(name: "n", tag: "large", from: Self.guest),
                try await host.post(name: "n", tag: "empty", from: Self.guest),
            ]
            try await guest.send(name: "n", tag: "small", to: Self.host, payload: .bytes([1, 2]))
            try await guest.send(name: "n", tag: "large", to: Self.host, payload: .bytes(large))
            try await guest.send(name: "n", tag: "empty", to: Self.host, payload: .bytes([]))
            _ = try await host.wait(tickets, needsAll: true)
            #expect(try await Self.bytes(host.take(tickets[0])) == [1, 2])
            #expect(try await Self.bytes(host.take(tickets[1])) == large)
            #expect(try await Self.bytes(host.take(tickets[2])) == [])
        }
    }

    @Test func takesAnAnnouncementThatComesTwiceAsOneMessage() async throws {
        try await TwoSites.with { sites in
            let (_, host) = try await sites.open()
            let key = MailboxKey(attempt: Self.attempt, name: "n", tag: "0", from: Self.guest, to: Self.host)
            func announce(_ bytes: [UInt8]) async throws {
                let announcement = Announcement(
                    key: key, content: .inline(bytes), byteCount: bytes.count,
                    digest: try await Self.digest(bytes), table: nil)
                _ = try await sites.guest.client.call(
                    .POST, "/peer/1/exchange", peer: try sites.guest.peer("shop"), body: announcement.encoded)
            }
            try await announce([1])
            try await announce([1])
            #expect(await failure { try await announce([2]) } == .alreadyExists)
            let ticket = try await host.post(name: "n", tag: "0", from: Self.guest)
            #expect(try await Self.bytes(host.take(ticket)) == [1])
            await host.close(succeeded: true)
            #expect(await failure { try await announce([1]) } == .attemptEnded)
        }
    }

    @Test func resumesAPayloadWhoseConnectionWasCut() async throws {
        try await TwoSites.with { sites in
            let (guest, host) = try await sites.open()
            let port = try #require(URL(string: try sites.host.peer("bank").address ?? "")?.port)
            let relay = try CuttingRelay(to: port, cutAfterBytes: 1_000_000, cuts: 2)
            try sites.host.editTrust { $0.peers[0].address = "https://127.0.0.1:\(relay.port)" }
            let bytes = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
            let ticket = try await host.post(name: "n", tag: "0", from: Self.guest)
            try await guest.send(name: "n", tag: "0", to: Self.host, payload: .bytes(bytes))
            _ = try await host.wait([ticket], needsAll: true)
            #expect(try await Self.bytes(host.take(ticket)) == bytes)
            #expect(relay.cuts == 2)
            relay.stop()
        }
    }

    @Test func failsAMessageWhoseSenderIsGone() async throws {
        try await TwoSites.with { sites in
            let (guest, host) = try await sites.open()
            // Announced, but dropped before it could be pulled.
            let key = MailboxKey(attempt: Self.attempt, name: "n", tag: "0", from: Self.guest, to: Self.host)
            let announcement = Announcement(
                key: key, content: .pulled(id: PayloadID.make()), byteCount: 100_000,
                digest: [UInt8](repeating: 0, count: 32), table: nil)
            let ticket = try await host.post(name: "n", tag: "0", from: Self.guest)
            _ = try await sites.guest.client.call(
                .POST, "/peer/1/exchange", peer: try sites.guest.peer("shop"), body: announcement.encoded)
            #expect(try await host.wait([ticket], needsAll: true) == [true])
            #expect(await failure { _ = try await host.take(ticket) } == .notFound)
            await guest.close(succeeded: true)
        }
    }

    static func digest(_ bytes: [UInt8]) async throws -> [UInt8] {
        let file = try SpoolFile(folder: "/tmp", byteCount: bytes.count)
        try await file.write(ByteBuffer(bytes: bytes), at: 0)
        return try await file.digest()
    }

    @Test func neverHasMoreThanASliceOfAPayloadOnItsWay() async throws {
        try await TwoSites.with { sites in
            let count = PeerProtocol.sliceBytes * 2 + 1000
            let file = try SpoolFile(folder: sites.guest.folder, byteCount: count)
            try #require(ftruncate(file.fileDescriptor, count) == 0)
            let (guest, host) = try await sites.open()
            let ticket = try await host.post(name: "n", tag: "0", from: Self.guest)
            try await guest.send(name: "n", tag: "0", to: Self.host, payload: .file(file))
            _ = try await host.wait([ticket], needsAll: true)
            guard case .file(let taken) = try await host.take(ticket).payload else {
                Issue.record("a large payload came into memory")
                return
            }
            #expect(taken.byteCount == count)
            #expect(!taken.isMemory)
        }
        let (slice, end) = (PeerProtocol.sliceBytes, PeerProtocol.sliceBytes * 2 + 1000)
        #expect(try PeerServer.range(nil, of: end) == 0..<slice)
        #expect(try PeerServer.range("bytes=1000-", of: end) == 1000..<slice + 1000)
        #expect(try PeerServer.range("bytes=0-\(end)", of: end) == 0..<slice)
        #expect(try PeerServer.range("bytes=\(end - 1)-", of: end) == end - 1..<end)
        for bad in ["bytes=-5", "bytes=\(end)-", "lines=1-", "bytes=x-"] {
            #expect(throws: FederationError.self) { try PeerServer.range(bad, of: end) }
        }
    }
}
