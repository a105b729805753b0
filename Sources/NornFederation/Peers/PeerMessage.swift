import NornManifest

/// A control message from one party's site to another's: what the heart of a site says to the heart of its partner.
public struct PeerMessage: Hashable, Sendable {
    /// Unique for ever at its sender; a message is handled once however often it arrives.
    public var id: String
    public var job: String
    public var from: PartyAddress
    public var to: PartyAddress
    /// The number of the sender's start.
    public var epoch: Int
    /// Order of writing at the sender.
    public var sequence: Int
    public var body: [UInt8]

    public init(
        id: String, job: String, from: PartyAddress, to: PartyAddress, epoch: Int, sequence: Int, body: [UInt8]
    ) {
        self.id = id
        self.job = job
        self.from = from
        self.to = to
        self.epoch = epoch
        self.sequence = sequence
        self.body = body
    }

    var encoded: [UInt8] {
        CBOR.map([
            "id": .text(id), "job": .text(job), "from": from.cbor, "to": to.cbor, "epoch": .int(epoch),
            "sequence": .int(sequence), "body": .bytes(body),
        ]).encoded()
    }

    init(decoding bytes: [UInt8]) throws(FederationError) {
        let limits = CBORLimits(bytes: PeerProtocol.messageBytesLimit, depth: 4)
        guard let value = try? CBOR(decoding: bytes, limits: limits), let id = value["id"]?.asText,
            let job = value["job"]?.asText, let from = value["from"].flatMap(PartyAddress.init),
            let to = value["to"].flatMap(PartyAddress.init), let epoch = value["epoch"]?.asInt,
            let sequence = value["sequence"]?.asInt, let body = value["body"]?.asBytes
        else { throw FederationError(.invalidRequest, "the body is not a message of this protocol") }
        self.init(id: id, job: job, from: from, to: to, epoch: epoch, sequence: sequence, body: body)
    }
}

extension PartyAddress {
    var cbor: CBOR { ["role": .text(role), "id": .text(id)] }

    init?(_ value: CBOR) {
        guard let role = value["role"]?.asText, let id = value["id"]?.asText else { return nil }
        self.init(role: role, id: id)
    }
}

/// What a site does with a message from a peer.
public protocol PeerInbox: Sendable {
    /// Returns once the message's effects are committed: only then is it acknowledged. It may come again after a
    /// restart of this site, so what it does must not depend on how often it is called.
    func receive(_ message: PeerMessage, from peer: TrustedPeer) async throws
}
