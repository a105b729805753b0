import NornManifest
import NornWorkers

/// Holds an attempt to its component's wire contract: what the manifest does not declare is not sent. The other parties
/// agreed to this list and nothing else.
struct WireRules: Sendable {
    let component: String
    let role: String
    let messages: [WireMessage]

    init(_ component: ComponentDeclaration, role: String) {
        self.component = component.name
        self.role = role
        messages = component.wire
    }

    /// Why a message is not sent, as a sentence; nil when it may be.
    func flaw(_ message: OutgoingMessage) -> String? {
        let name = "\(message.name.prefix(80))"
        guard let declared = messages.first(where: { $0.name == message.name }) else {
            return "\(component) sent a message \(name) to \(message.role), which its manifest does not declare"
        }
        guard declared.from.contains(where: { $0.rawValue == role }),
            declared.to.contains(where: { $0.rawValue == message.role })
        else {
            return "\(component) sent the message \(name) from \(role) to \(message.role), which its manifest does not "
                + "declare"
        }
        guard (message.table != nil) == (declared.kind == .table) else {
            return "\(component) sent the message \(name) as \(message.table == nil ? "an object" : "a table"), which "
                + "its manifest declares as \(declared.kind.rawValue)"
        }
        if let most = declared.maximumBytes, message.payload.byteCount > most {
            return "\(component) sent the message \(name) of \(message.payload.byteCount) bytes, and its manifest "
                + "declares at most \(most)"
        }
        return nil
    }
}
