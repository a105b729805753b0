import Foundation
import NornFederation
import NornFlow

/// How the heart's messages are written for another site.
enum MessageBody {
    static func encode(_ message: Message, _ version: Int) throws -> [UInt8] {
        guard version >= PeerVersions.withBinaryBodies else { return Array(try JSONEncoder().encode(message)) }
        return try RowEncoder.encode(message)
    }

    /// Nil when the bytes are no message in either coding. A JSON object begins with a brace, which the other cannot.
    static func decode(_ bytes: [UInt8]) -> Message? {
        if bytes.first == UInt8(ascii: "{") { return try? JSONDecoder().decode(Message.self, from: Data(bytes)) }
        return try? RowDecoder.decode(Message.self, from: Data(bytes))
    }
}
