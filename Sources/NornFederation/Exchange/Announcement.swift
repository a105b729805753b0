import Crypto
import NornManifest

/// What a sender's site tells the receiver's: a message with its bytes, or where its bytes can be pulled.
struct Announcement: Sendable {
    enum Content: Sendable {
        case inline([UInt8])
        /// The sender's id for the payload.
        case pulled(id: String)
    }

    let key: MailboxKey
    let content: Content
    let byteCount: Int
    /// SHA-256, 32 bytes.
    let digest: [UInt8]
    let table: TableFrames?

    var encoded: [UInt8] {
        var map: [String: CBOR] = [
            "job": .text(key.attempt.job), "task": .text(key.attempt.task), "attempt": .int(key.attempt.attempt),
            "name": .text(key.name), "tag": .text(key.tag), "from": key.from.cbor, "to": key.to.cbor,
            "count": .int(byteCount), "sha256": .bytes(digest),
        ]
        switch content {
        case .inline(let bytes): map["bytes"] = .bytes(bytes)
        case .pulled(let id): map["payload"] = .text(id)
        }
        if let table { map["table"] = ["rows": .int(table.rows), "partitions": .int(table.partitions)] }
        return CBOR.map(map).encoded()
    }

    init(key: MailboxKey, content: Content, byteCount: Int, digest: [UInt8], table: TableFrames?) {
        self.key = key
        self.content = content
        self.byteCount = byteCount
        self.digest = digest
        self.table = table
    }

    init(decoding bytes: [UInt8]) throws(FederationError) {
        let limits = CBORLimits(bytes: PeerProtocol.announcementBytesLimit, depth: 4)
        guard let value = try? CBOR(decoding: bytes, limits: limits), let job = value["job"]?.asText,
            let task = value["task"]?.asText, let attempt = value["attempt"]?.asInt, let name = value["name"]?.asText,
            let tag = value["tag"]?.asText, let from = value["from"].flatMap(PartyAddress.init),
            let to = value["to"].flatMap(PartyAddress.init), let count = value["count"]?.asInt, count >= 0,
            let digest = value["sha256"]?.asBytes, digest.count == SHA256.byteCount
        else { throw FederationError(.invalidRequest, "the body is not an announcement of this protocol") }
        if let inline = value["bytes"]?.asBytes {
            guard inline.count == count, Array(SHA256.hash(data: inline)) == digest else {
                throw FederationError(.dataLoss, "the bytes are not those that were announced")
            }
            content = .inline(inline)
        } else if let id = value["payload"]?.asText, PayloadID.isValid(id) {
            content = .pulled(id: id)
        } else {
            throw FederationError(.invalidRequest, "an announcement needs bytes or a payload")
        }
        key = MailboxKey(
            attempt: AttemptName(job: job, task: task, attempt: attempt), name: name, tag: tag, from: from, to: to)
        byteCount = count
        self.digest = digest
        table = value["table"].flatMap { table in
            guard let rows = table["rows"]?.asInt, let partitions = table["partitions"]?.asInt else { return nil }
            return TableFrames(rows: rows, partitions: partitions)
        }
    }
}

/// Names of payloads that wait to be pulled: 128 random bits, so that they cannot be guessed.
enum PayloadID {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        return String((0..<32).map { _ in digits[Int.random(in: 0..<16, using: &generator)] })
    }

    static func isValid(_ text: String) -> Bool {
        text.utf8.count == 32 && text.utf8.allSatisfy { Set("0123456789abcdef".utf8).contains($0) }
    }
}
