import NornManifest

/// One packet to a worker, with the file that travels beside it.
struct OutgoingPacket: Sendable {
    /// Bytes of one packet; larger payloads go beside it.
    static let bytesLimit = 64 * 1024
    /// Room in a packet for what is not payload.
    static let inlineBytesLimit = bytesLimit - 1024

    let bytes: [UInt8]
    let file: PayloadFile?

    init(_ message: [String: CBOR], payload: Payload? = nil) throws(AttemptError) {
        var message = message
        switch payload {
        case nil: file = nil
        case .bytes(let bytes) where bytes.count <= Self.inlineBytesLimit:
            message["bytes"] = .bytes(bytes)
            file = nil
        case .bytes(let bytes):
            message["payload"] = .int(bytes.count)
            file = try PayloadFile(sealing: bytes)
        case .file(let payloadFile):
            message["payload"] = .int(payloadFile.byteCount)
            file = payloadFile
        }
        bytes = CBOR.map(message).encoded()
        guard bytes.count <= Self.bytesLimit else {
            throw AttemptError(code: .resourceExhausted, domain: "norn.worker", message: "an answer is too large")
        }
    }

    /// The first message, which may be larger than a packet.
    init(start message: CBOR) throws(AttemptError) {
        let encoded = message.encoded()
        if encoded.count <= Self.bytesLimit {
            bytes = encoded
            file = nil
        } else {
            file = try PayloadFile(sealing: encoded)
            bytes = CBOR.map(["do": "start", "payload": .int(encoded.count)]).encoded()
        }
    }

    static func reply(
        _ id: Int, _ fields: [String: CBOR] = [:], payload: Payload? = nil
    ) throws(AttemptError) -> OutgoingPacket {
        try OutgoingPacket(
            fields.merging(["reply": .int(id), "status": 0], uniquingKeysWith: { $1 }), payload: payload)
    }

    static func failure(_ id: Int, _ error: AttemptError) throws(AttemptError) -> OutgoingPacket {
        try OutgoingPacket([
            "reply": .int(id), "status": .int(Int(error.code.rawValue)),
            "error": [
                "code": .int(Int(error.code.rawValue)), "flags": .int(Int(error.flags.rawValue)),
                "domain": .text(error.domain), "message": .text(error.message),
            ],
        ])
    }
}
