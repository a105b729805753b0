import Foundation

/// Another site that we know by its keys.
public struct TrustedPeer: Hashable, Sendable, Codable {
    /// The name that people here gave it.
    public var name: String
    /// Party ids that it may speak for.
    public var parties: [String]
    /// One or two: the second one is the key that it renews to.
    public var pins: [KeyPin]
    /// `https://host:9381`; nil for a peer that only calls us.
    public var address: String?

    public init(name: String, parties: [String], pins: [KeyPin], address: String? = nil) {
        self.name = name
        self.parties = parties
        self.pins = pins
        self.address = address
    }
}

/// The peers of a site as one file, `keys/peers.json`.
public struct TrustFile: Hashable, Sendable, Codable {
    public static let fileName = "peers.json"
    public static let peersLimit = 1024
    public static let pinsPerPeerLimit = 2
    public static let partiesPerPeerLimit = 256
    static let bytesLimit = 4 * 1024 * 1024

    public var peers: [TrustedPeer]

    public init(peers: [TrustedPeer] = []) { self.peers = peers }

    /// Reads a folder's file; an absent one trusts nobody.
    /// - Throws: `FederationError.configuration` naming the peer and field that is wrong.
    public static func read(folder: String) throws -> TrustFile {
        let path = folder + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else { return TrustFile() }
        guard let data = FileManager.default.contents(atPath: path), data.count <= bytesLimit else {
            throw FederationError(.configuration, "\(path) cannot be read, or is larger than \(bytesLimit) bytes")
        }
        do {
            let file = try JSONDecoder().decode(TrustFile.self, from: data)
            try file.check()
            return file
        } catch let error as FederationError {
            throw error
        } catch DecodingError.dataCorrupted(let context) {
            throw FederationError(.configuration, "\(path): \(context.debugDescription)")
        } catch {
            throw FederationError(.configuration, "\(path) is not a list of peers with name, parties and pins")
        }
    }

    public func write(folder: String) throws {
        try check()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try AtomicFile.write(text, to: folder + "/" + Self.fileName, mode: 0o644)
    }

    /// Trusts a key for these party ids. A known name gets the pin as its second one and these ids as its ids.
    public mutating func trust(name: String, pin: KeyPin, parties: [String], address: String?) throws {
        if let position = peers.firstIndex(where: { $0.name == name }) {
            var peer = peers[position]
            if !peer.pins.contains(pin) { peer.pins.append(pin) }
            peer.parties = parties
            peer.address = address ?? peer.address
            peers[position] = peer
        } else {
            peers.append(TrustedPeer(name: name, parties: parties, pins: [pin], address: address))
        }
        try check()
    }

    /// Forgets a peer, or one of its pins; false when there is none.
    public mutating func remove(name: String, pin: KeyPin? = nil) -> Bool {
        guard let position = peers.firstIndex(where: { $0.name == name }) else { return false }
        guard let pin else {
            peers.remove(at: position)
            return true
        }
        guard let pinPosition = peers[position].pins.firstIndex(of: pin) else { return false }
        peers[position].pins.remove(at: pinPosition)
        if peers[position].pins.isEmpty { peers.remove(at: position) }
        return true
    }

    /// One key belongs to one peer and one party id to one peer, so that an answer never depends on the order.
    func check() throws {
        guard peers.count <= Self.peersLimit else { throw wrong("more than \(Self.peersLimit) peers") }
        var names = Set<String>()
        var pins: [KeyPin: String] = [:]
        var parties: [String: String] = [:]
        for peer in peers {
            guard !peer.name.isEmpty, names.insert(peer.name).inserted else {
                throw wrong("the peer name \"\(peer.name)\" is empty or there twice")
            }
            guard (1...Self.pinsPerPeerLimit).contains(peer.pins.count) else {
                throw wrong(
                    "\(peer.name) has \(peer.pins.count) pins; one or two are allowed: remove the old one first")
            }
            guard (1...Self.partiesPerPeerLimit).contains(peer.parties.count) else {
                throw wrong("\(peer.name) has \(peer.parties.count) party ids; it needs at least one")
            }
            for pin in peer.pins {
                if let other = pins.updateValue(peer.name, forKey: pin) {
                    throw wrong("\(other) and \(peer.name) have the same key \(pin)")
                }
            }
            for party in peer.parties {
                guard !party.isEmpty, party.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
                    throw wrong("\(peer.name): \"\(party)\" is not a party id")
                }
                if let other = parties.updateValue(peer.name, forKey: party) {
                    throw wrong("\(other) and \(peer.name) both have party \(party)")
                }
            }
            try checkAddress(of: peer)
        }
    }

    private func checkAddress(of peer: TrustedPeer) throws {
        guard let address = peer.address else { return }
        guard let url = URL(string: address), url.scheme == "https", let host = url.host, !host.isEmpty,
            url.path.isEmpty || url.path == "/"
        else {
            throw wrong("\(peer.name): \"\(address)\" is not an address like https://site.example:9381")
        }
    }

    private func wrong(_ text: String) -> FederationError { FederationError(.configuration, "peers: \(text)") }
}
