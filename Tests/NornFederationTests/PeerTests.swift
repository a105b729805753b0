import Foundation
import Synchronization
import Testing

@testable import NornFederation

@Suite(.timeLimit(.minutes(1))) struct PeerTests {
    @Test(arguments: ["127.0.0.1", "::1"]) func deliversMessagesOverBothAddressFamilies(address: String) async throws {
        try await TwoSites.with(address: address) { sites in
            let hello = try await sites.guest.client.hello(try sites.guest.peer("shop"))
            #expect(hello.site == "shop")
            let message = sites.message("m1", body: [1, 2, 3])
            try await sites.guest.client.deliver(message, to: try sites.guest.peer("shop"))
            #expect(sites.host.received.withLock { $0 } == [message])
            #expect(sites.host.notices.kinds.isEmpty)
        }
    }

    @Test func handlesAMessageOnceHoweverOftenItComes() async throws {
        try await TwoSites.with { sites in
            let shop = try sites.guest.peer("shop")
            for _ in 0..<3 { try await sites.guest.client.deliver(sites.message("m1"), to: shop) }
            #expect(sites.host.received.withLock { $0.count } == 1)
            let other = await failure { try await sites.guest.client.deliver(sites.message("m1", body: [9]), to: shop) }
            #expect(other == .alreadyExists)
        }
    }

    @Test func carriesManyMessagesInFewCallsAndRefusesEachForItself() async throws {
        try await TwoSites.with { sites in
            let shop = try sites.guest.peer("shop")
            var messages = (0..<150).map { sites.message("m\($0)", body: [UInt8](repeating: 7, count: $0)) }
            messages[70].to = PartyAddress(role: "host", id: "77")
            messages[71].from = PartyAddress(role: "guest", id: "8888")
            let refusals = try await sites.guest.client.deliver(messages, to: shop)
            #expect(refusals.count == 150)
            #expect(refusals[70]?.code == .notServed)
            #expect(refusals[71]?.code == .foreignParty)
            #expect(refusals.compactMap(\.self).count == 2)
            #expect(sites.host.notices.kinds == [.foreignParty])
            let received = sites.host.received.withLock { Set($0.map(\.id)) }
            #expect(received == Set(messages.map(\.id)).subtracting(["m70", "m71"]))
        }
    }

    @Test func splitsMessagesByNumberAndByBytes() throws {
        let small = [[UInt8]](repeating: [1], count: 130)
        #expect(MessageBatch.split(small) == [0..<64, 64..<128, 128..<130])
        let large = [UInt8](repeating: 1, count: MessageBatch.bytesMaximum)
        #expect(MessageBatch.split([[1], large, [1], [2]]) == [0..<1, 1..<2, 2..<4])
        #expect(MessageBatch.split([]).isEmpty)
        #expect(try MessageBatch.decode(MessageBatch.encode(small.prefix(3).map { $0 })) == [[1], [1], [1]])
        #expect(throws: FederationError.self) { try MessageBatch.decode([0x82, 0x41, 0x01]) }
        #expect(throws: FederationError.self) { try MessageBatch.decode(MessageBatch.encode(small)) }
    }

    @Test func acknowledgesOnlyWhatWasCommitted() async throws {
        try await TwoSites.with { sites in
            let shop = try sites.guest.peer("shop")
            sites.host.inboxIsBroken.withLock { $0 = true }
            #expect(await failure { try await sites.guest.client.deliver(sites.message("m1"), to: shop) } == .internal)
            sites.host.inboxIsBroken.withLock { $0 = false }
            try await sites.guest.client.deliver(sites.message("m1"), to: shop)
            #expect(sites.host.received.withLock { $0.count } == 1)
        }
    }

    @Test func refusesASiteWhoseKeyItDoesNotKnow() async throws {
        try await TwoSites.with { sites in
            let stranger = try LoopbackSite("stranger", party: "1")
            let shop = try sites.guest.peer("shop")
            try stranger.trusts(sites.host, parties: ["10000"], address: shop.address)
            let code = await failure {
                try await stranger.client.deliver(sites.message("m1"), to: try stranger.peer("shop"))
            }
            #expect(code == .unreachable)
            #expect(sites.host.notices.kinds.contains(.untrustedCertificate))
            #expect(sites.host.received.withLock { $0.isEmpty })
            await LoopbackSite.stop([stranger])
        }
    }

    @Test func sendsNothingToAServerWithAnotherKey() async throws {
        try await TwoSites.with { sites in
            let other = try LoopbackSite("impostor", party: "10000")
            let port = try await other.listen()
            try other.trusts(sites.guest, parties: ["9999"], address: nil)
            try sites.guest.editTrust { $0.peers[0].address = "https://127.0.0.1:\(port)" }
            let code = await failure {
                try await sites.guest.client.deliver(sites.message("m1"), to: try sites.guest.peer("shop"))
            }
            #expect(code == .untrustedPeer)
            #expect(other.received.withLock { $0.isEmpty })
            await LoopbackSite.stop([sites.guest, other])
        }
    }

    @Test func refusesAPartyIdThatIsNotTheCallers() async throws {
        try await TwoSites.with { sites in
            let shop = try sites.guest.peer("shop")
            let foreign = sites.message("m1", from: PartyAddress(role: "guest", id: "8888"))
            #expect(await failure { try await sites.guest.client.deliver(foreign, to: shop) } == .foreignParty)
            #expect(sites.host.notices.kinds == [.foreignParty])
            var stray = sites.message("m2")
            stray.to = PartyAddress(role: "host", id: "77")
            #expect(await failure { try await sites.guest.client.deliver(stray, to: shop) } == .notServed)
            #expect(sites.host.received.withLock { $0.isEmpty })
        }
    }

    @Test func cutsARemovedPeerOnItsOpenConnection() async throws {
        try await TwoSites.with { sites in
            let shop = try sites.guest.peer("shop")
            try await sites.guest.client.deliver(sites.message("m1"), to: shop)
            try sites.host.editTrust { _ = $0.remove(name: "bank") }
            #expect(
                await failure { try await sites.guest.client.deliver(sites.message("m2"), to: shop) } == .untrustedPeer)
            #expect(sites.host.received.withLock { $0.count } == 1)
            // And it is no longer called either.
            try sites.guest.editTrust { _ = $0.remove(name: "shop") }
            #expect(
                await failure { try await sites.guest.client.deliver(sites.message("m3"), to: shop) } == .untrustedPeer)
        }
    }

    @Test func usesARenewedCertificateWithoutARestart() async throws {
        try await TwoSites.with { sites in
            let shop = try sites.guest.peer("shop")
            try await sites.guest.client.deliver(sites.message("m1"), to: shop)
            let before = sites.guest.identity.pin
            // A new certificate of the same key needs nothing of the peers.
            try SiteIdentity.write(
                try sites.guest.identity.certificate.renewed(), folder: sites.guest.folder, replacing: true)
            try await sites.guest.client.deliver(sites.message("m2"), to: shop)
            #expect(sites.guest.identity.pin == before)
            // A new key is pinned beside the old one before it is used.
            let next = try SiteCertificate.make(siteName: "bank")
            try sites.host.editTrust { try $0.trust(name: "bank", pin: next.pin, parties: ["9999"], address: nil) }
            try await sites.guest.client.deliver(sites.message("m3"), to: shop)
            try SiteIdentity.write(next, folder: sites.guest.folder, replacing: true)
            try await sites.guest.client.deliver(sites.message("m4"), to: shop)
            #expect(sites.guest.identity.pin == next.pin)
            #expect(sites.host.received.withLock { $0.map(\.id) } == ["m1", "m2", "m3", "m4"])
            // The server too shows the new key to new connections.
            let code = await failure { _ = try await sites.host.client.hello(try sites.host.peer("bank")) }
            #expect(code == nil)
        }
    }

    @Test func speaksThisAndThePreviousProtocol() throws {
        let versions = PeerVersions()
        for version in PeerVersions.oldestSpoken...PeerVersions.newestSpoken {
            try versions.check(version, peer: "p")
        }
        for version in [nil, PeerVersions.newestSpoken + 1, PeerVersions.oldestSpoken - 1] {
            #expect(throws: FederationError.self) { try versions.check(version, peer: "p") }
        }
    }

    @Test func twoSitesSpeakTheLowerOfBothNewestProtocols() throws {
        var hello = PeerHello(site: "other")
        #expect(try PeerVersions().common(with: hello, peer: "p") == PeerVersions.newestSpoken)
        #expect(try PeerVersions(newest: 1).common(with: hello, peer: "p") == 1)
        // What part 1 says of itself.
        (hello.oldestProtocolVersion, hello.protocolVersion) = (0, 1)
        #expect(try PeerVersions().common(with: hello, peer: "p") == 1)
        (hello.oldestProtocolVersion, hello.protocolVersion) = (2, 5)
        #expect(try PeerVersions().common(with: hello, peer: "p") == PeerVersions.newestSpoken)
        // What part 2 says of itself.
        (hello.oldestProtocolVersion, hello.protocolVersion) = (1, 2)
        #expect(try PeerVersions().common(with: hello, peer: "p") == 2)
    }

    @Test func aProtocolThatOneSideHasForgottenIsRefusedWithBothVersions() throws {
        var hello = PeerHello(site: "later")
        (hello.oldestProtocolVersion, hello.protocolVersion) = (7, 8)
        let later = #expect(throws: FederationError.self) { try PeerVersions().common(with: hello, peer: "shop") }
        #expect(later?.code == .protocolVersion)
        #expect(
            later?.message.contains("shop speaks protocols 7 to 8, this site 1 to \(PeerVersions.newestSpoken)") == true
        )
        (hello.oldestProtocolVersion, hello.protocolVersion) = (0, 0)
        #expect(throws: FederationError.self) { try PeerVersions().common(with: hello, peer: "shop") }
    }

    @Test func meetsAPeerOnceHoweverOftenItCalls() async throws {
        try await TwoSites.with { sites in
            try await sites.guest.client.deliver(sites.message("m1"), to: try sites.guest.peer("shop"))
            try await sites.guest.client.deliver(sites.message("m2"), to: try sites.guest.peer("shop"))
            while sites.host.server.withLock({ $0?.handshakes ?? 0 }) == 0 {
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(sites.host.server.withLock { $0?.handshakes } == 1)
        }
    }

    @Test func reportsClocksThatDiffer() {
        let notices = NoticeLog()
        let now = Date()
        let milliseconds = Int64(now.timeIntervalSince1970 * 1000)
        let hello = PeerHello(site: "s", now: now)
        ClockSkew.report(hello, receivedMilliseconds: milliseconds + 4900, peer: "s") { notices.add($0) }
        #expect(notices.kinds.isEmpty)
        ClockSkew.report(hello, receivedMilliseconds: milliseconds - 5100, peer: "s") { notices.add($0) }
        #expect(notices.kinds == [.clockSkew])
    }
}
