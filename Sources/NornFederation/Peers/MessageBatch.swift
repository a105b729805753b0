import NornManifest

/// Several messages of one call: a CBOR list of messages, each in its own coding.
enum MessageBatch {
    /// Messages of one call.
    static let messagesMaximum = 64
    /// Bytes of their codings together, as far as it is not one message alone.
    static let bytesMaximum = PeerProtocol.messageBytesLimit / 4
    /// What the list adds to them.
    static let bytesLimit = bytesMaximum + 16 * messagesMaximum

    static func encode(_ messages: [[UInt8]]) -> [UInt8] { CBOR.array(messages.map(CBOR.bytes)).encoded() }

    static func decode(_ bytes: [UInt8]) throws(FederationError) -> [[UInt8]] {
        let limits = CBORLimits(bytes: bytesLimit, depth: 2)
        guard let list = try? CBOR(decoding: bytes, limits: limits).asArray, list.count <= messagesMaximum,
            case let messages = list.compactMap(\.asBytes), messages.count == list.count
        else { throw FederationError(.invalidRequest, "the body is not a list of messages") }
        return messages
    }

    /// The codings in their order, as many in each call as it may carry.
    static func split(_ messages: [[UInt8]]) -> [Range<Int>] {
        var calls: [Range<Int>] = []
        var (first, bytes) = (0, 0)
        for (place, message) in messages.enumerated() {
            if place > first, place - first == messagesMaximum || bytes + message.count > bytesMaximum {
                calls.append(first..<place)
                (first, bytes) = (place, 0)
            }
            bytes += message.count
        }
        return first < messages.count ? calls + [first..<messages.count] : calls
    }

    /// What became of the messages of a call: nil for each that was committed.
    struct Answer: Codable {
        var refusals: [FederationError?]
    }
}
