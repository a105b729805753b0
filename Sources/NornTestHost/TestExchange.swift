import NornKit

/// One message between two attempts: the mailbox's key.
struct MessageKey: Hashable {
    let name: String
    let tag: String
    let from: Party
    let to: Party
}

/// The mailboxes of all parties, in memory. Only the site's thread touches it.
struct TestExchange {
    private struct Message {
        let payload: Payload
        let isTable: Bool
    }

    private var messages: [MessageKey: Message] = [:]
    private var sent: Set<MessageKey> = []

    /// Throws for a second message under the same key.
    mutating func send(_ key: MessageKey, _ payload: Payload, isTable: Bool) throws {
        guard sent.insert(key).inserted else {
            throw ComponentError(.alreadyExists, "\(key.name) with tag \(key.tag) was sent to \(key.to) already.")
        }
        messages[key] = Message(payload: payload, isTable: isTable)
    }

    /// It is here, or was taken.
    func wasSent(_ key: MessageKey) -> Bool { sent.contains(key) }

    func has(_ key: MessageKey) -> Bool { messages[key] != nil }

    /// A message is taken once.
    mutating func take(_ key: MessageKey) throws -> (payload: Payload, isTable: Bool) {
        guard let message = messages.removeValue(forKey: key) else {
            throw ComponentError(.notFound, "\(key.name) with tag \(key.tag) is not here, or was taken.")
        }
        return (message.payload, message.isTable)
    }
}
