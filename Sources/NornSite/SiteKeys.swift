import Foundation
import NornFederation

/// Keys and trust in a site's home, changed by the command while a server may be running: it sees a change at its next
/// message.
public enum SiteKeys {
    /// What `norn site init` made.
    public struct Summary: Codable, Sendable {
        public var name: String
        public var pin: String
        public var certificate: String
        /// Wall milliseconds since 1970.
        public var ends: Int64
    }

    /// Makes the key and certificate; with `renew` a new certificate of the same key.
    public static func initialize(home: SiteHome, name: String, hosts: [String], renew: Bool) throws -> Summary {
        try mapped {
            let folder = home.keys.path
            let certificate: SiteCertificate
            if renew {
                certificate = try SiteIdentity(folder: folder).certificate.renewed(hosts: hosts)
                try SiteIdentity.write(certificate, folder: folder, replacing: true)
            } else {
                certificate = try SiteCertificate.make(siteName: name, hosts: hosts)
                try SiteIdentity.write(certificate, folder: folder)
            }
            return Summary(
                name: certificate.siteName, pin: certificate.pin.description,
                certificate: home.keys.appending(path: SiteIdentity.certificateFile).path,
                ends: Int64(certificate.notValidAfter.timeIntervalSince1970 * 1000))
        }
    }

    public static func trust(
        home: SiteHome, name: String, pin: String, parties: [String], address: String?
    ) throws -> PeerView {
        guard let pin = KeyPin(pin) else {
            throw SiteError.invalid(
                "A pin is sha256: and 64 hexadecimal digits", field: "pin", hint: "norn site init prints it at the peer")
        }
        return try mapped {
            try home.prepare()
            var file = try TrustFile.read(folder: home.keys.path)
            try file.trust(name: name, pin: pin, parties: parties, address: address)
            try file.write(folder: home.keys.path)
            guard let peer = file.peers.first(where: { $0.name == name }) else {
                throw SiteError.notFound("peer", name)
            }
            return PeerView(peer)
        }
    }

    public static func distrust(home: SiteHome, name: String, pin: String?) throws {
        let onlyPin = try pin.map { text in
            guard let pin = KeyPin(text) else {
                throw SiteError.invalid("A pin is sha256: and 64 hexadecimal digits", field: "pin")
            }
            return pin
        }
        try mapped {
            var file = try TrustFile.read(folder: home.keys.path)
            guard file.remove(name: name, pin: onlyPin) else { throw SiteError.notFound("peer", name) }
            try file.write(folder: home.keys.path)
        }
    }

    public static func peers(home: SiteHome) throws -> [PeerView] {
        try mapped { try TrustFile.read(folder: home.keys.path).peers.map(PeerView.init) }
    }

    static func mapped<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch let error as FederationError {
            throw SiteError(error)
        }
    }
}

extension SiteError {
    public init(_ error: FederationError) {
        self.init("federation_\(error.code.rawValue)", error.message, party: error.party)
    }
}

extension PeerView {
    init(_ peer: TrustedPeer) {
        self.init(name: peer.name, address: peer.address, parties: peer.parties, pins: peer.pins.map(\.description))
    }
}
