import Foundation
import Logging
import Testing

@testable import NornFederation

@Suite struct TrustTests {
    static func pin(_ digit: Character) -> KeyPin { KeyPin("sha256:" + String(repeating: digit, count: 64)) ?? ownPin }
    static var ownPin: KeyPin { KeyPin(publicKeyInfo: [1, 2, 3]) }

    static func folder() -> String { NSTemporaryDirectory() + "norn-trust-" + UUID().uuidString }

    @Test func keepsTheKeyForItsOwnerAlone() throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let certificate = try SiteCertificate.make(siteName: "bank", hosts: ["bank.example", "192.0.2.1", "::1"])
        try SiteIdentity.write(certificate, folder: folder)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + SiteIdentity.keyFile)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let identity = try SiteIdentity(folder: folder)
        #expect(identity.certificate.siteName == "bank")
        #expect(identity.pin == certificate.pin)
        #expect(throws: FederationError.self) { try SiteIdentity.write(certificate, folder: folder) }
    }

    @Test func refusesACertificateOfAnotherKey() throws {
        let one = try SiteCertificate.make(siteName: "one")
        let two = try SiteCertificate.make(siteName: "two")
        #expect(throws: FederationError.self) {
            try SiteCertificate(certificatePEM: one.certificatePEM, privateKeyPEM: two.privateKeyPEM)
        }
    }

    @Test func warnsThirtyDaysBeforeTheEnd() throws {
        let certificate = try SiteCertificate.make(siteName: "bank")
        let end = certificate.notValidAfter
        #expect(CertificateWatch.warning(for: certificate, now: end.addingTimeInterval(-31 * 86400)) == nil)
        #expect(CertificateWatch.warning(for: certificate, now: end.addingTimeInterval(-29 * 86400)) != nil)
        #expect(
            CertificateWatch.warning(for: certificate, now: end.addingTimeInterval(10))?.text.contains("ended") == true)
    }

    @Test func holdsTwoPinsOfAPeerAndNoThird() throws {
        var file = TrustFile()
        try file.trust(name: "shop", pin: Self.pin("a"), parties: ["10000"], address: "https://shop.example:9381")
        try file.trust(name: "shop", pin: Self.pin("b"), parties: ["10000"], address: nil)
        #expect(file.peers[0].pins.count == 2)
        #expect(file.peers[0].address == "https://shop.example:9381")
        #expect(throws: FederationError.self) {
            var copy = file
            try copy.trust(name: "shop", pin: Self.pin("c"), parties: ["10000"], address: nil)
        }
        let isRemoved = file.remove(name: "shop", pin: Self.pin("a"))
        #expect(isRemoved)
        #expect(file.peers[0].pins == [Self.pin("b")])
    }

    @Test func refusesKeysAndPartiesOfTwoPeers() throws {
        let shop = TrustedPeer(name: "shop", parties: ["10000"], pins: [Self.pin("a")])
        for other in [
            TrustedPeer(name: "other", parties: ["10001"], pins: [Self.pin("a")]),
            TrustedPeer(name: "other", parties: ["10000"], pins: [Self.pin("b")]),
            TrustedPeer(name: "shop", parties: ["10001"], pins: [Self.pin("b")]),
            TrustedPeer(name: "other", parties: [], pins: [Self.pin("b")]),
            TrustedPeer(name: "other", parties: ["ten"], pins: [Self.pin("b")]),
            TrustedPeer(name: "other", parties: ["1"], pins: [Self.pin("b")], address: "http://plain.example"),
        ] {
            #expect(throws: FederationError.self) { try TrustFile(peers: [shop, other]).check() }
        }
    }

    @Test func findsAPartyByItsExplicitIdThenByTrustThenByAny() throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shop = TrustedPeer(name: "shop", parties: ["10000"], pins: [Self.pin("a")])
        try TrustFile(peers: [shop]).write(folder: folder)
        let trust = try PeerTrust(folder: folder, logger: Logger(label: "test"))
        let (own, theirs) = (PartyAddress(role: "guest", id: "9999"), PartyAddress(role: "host", id: "10000"))
        let only = PartyDirectory(local: .only(["9999"]), trust: trust)
        #expect(try only.route(to: own) == .local)
        #expect(try only.route(to: theirs) == .peer(shop))
        #expect(throws: FederationError.self) { try only.route(to: PartyAddress(role: "arbiter", id: "1")) }
        let any = PartyDirectory(local: .any, trust: trust)
        #expect(try any.route(to: theirs) == .peer(shop))
        #expect(try any.route(to: PartyAddress(role: "arbiter", id: "1")) == .local)
        #expect(try PartyDirectory(local: .only(["10000"]), trust: trust).route(to: theirs) == .local)
    }

    @Test func trustsNobodyWhileTheFileIsDamaged() throws {
        let folder = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try TrustFile(peers: [TrustedPeer(name: "shop", parties: ["1"], pins: [Self.pin("a")])]).write(folder: folder)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let trust = try PeerTrust(folder: folder, logger: logger)
        #expect(trust.peer(party: "1") != nil)
        try Data("{ damaged".utf8).write(to: URL(fileURLWithPath: folder + "/" + TrustFile.fileName))
        #expect(trust.peer(party: "1") == nil)
        #expect(throws: FederationError.self) { try PeerTrust(folder: folder, logger: logger) }
    }
}
