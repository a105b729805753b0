import Foundation
import NornHost
import NornManifest
import WorkerHarness

/// The site's end of the channels of one job's workers: a mailbox between them, and a record of what they said.
/// Every worker is served by a thread of its own; all state is under one lock.
final class TestSite: @unchecked Sendable {  // `state` is only touched under `condition`'s lock
    struct Message {
        var table: Bool
        var bytes: [UInt8]
    }

    struct Wait {
        var worker: Int
        var id: Int
        var tickets: [Int]
    }

    struct State {
        var said: [Int: [CBOR]] = [:]
        var ended: Set<Int> = []
        var mailbox: [[String]: Message] = [:]
        var tickets: [Int: [String]] = [:]
        var waits: [Wait] = []
    }

    private let condition = NSCondition()
    private var state = State()
    private var channels: [Int: Int32] = [:]
    private var parties: [Int: [String]] = [:]

    /// Serves a worker from here on; its packets come under this number.
    func serve(_ worker: Int, channel: Int32, role: String, party: String) {
        condition.withLock {
            channels[worker] = channel
            parties[worker] = [role, party]
        }
        Thread.detachNewThread { self.readAll(worker, channel) }
    }

    func send(_ worker: Int, _ packet: CBOR) {
        let channel = condition.withLock { channels[worker] }
        guard let channel else { return }
        Self.send(channel, packet)
    }

    static func send(_ channel: Int32, _ packet: CBOR, payload: [UInt8]? = nil) {
        let bytes = packet.encoded()
        guard let payload else { return _ = harness_send(channel, bytes, UInt64(bytes.count), -1) }
        let file = harness_memory_file(0)
        payload.withUnsafeBytes { _ = write(file, $0.baseAddress, $0.count) }
        _ = harness_send(channel, bytes, UInt64(bytes.count), file)
        close(file)
    }

    /// Closes the site's end, as a site that dies does.
    func hangUp(_ worker: Int) {
        let channel = condition.withLock { channels.removeValue(forKey: worker) }
        guard let channel else { return }
        shutdown(channel, Int32(SHUT_RDWR))
    }

    /// Waits until a packet of the worker fulfils the condition; nil when its channel ends first.
    func packet(of worker: Int, where isWanted: @Sendable (CBOR) -> Bool) -> CBOR? {
        condition.withLock {
            while true {
                if let found = state.said[worker]?.first(where: isWanted) { return found }
                if state.ended.contains(worker) { return nil }
                condition.wait()
            }
        }
    }

    func packet(of worker: Int, call: String) -> CBOR? { packet(of: worker) { $0["call"]?.asText == call } }

    func packets(of worker: Int, call: String) -> [CBOR] {
        condition.withLock { (state.said[worker] ?? []).filter { $0["call"]?.asText == call } }
    }

    /// The CBOR value that the first such packet carries.
    func value(of worker: Int, call: String) throws -> CBOR {
        try CBOR(decoding: packet(of: worker, call: call)?["bytes"]?.asBytes ?? [])
    }

    /// Waits for the channel's end and gives the end message.
    func end(of worker: Int) -> CBOR? { packet(of: worker, call: "end") }

    private func readAll(_ worker: Int, _ channel: Int32) {
        var buffer = [UInt8](repeating: 0, count: 70_000)
        while true {
            var file: Int32 = -1
            let count = harness_receive(channel, &buffer, UInt64(buffer.count), &file)
            guard count > 0, var packet = try? CBOR(decoding: buffer[..<Int(count)]) else { break }
            if file >= 0 {
                packet = Self.withPayload(packet, file)
                close(file)
            }
            condition.withLock {
                state.said[worker, default: []].append(packet)
                answer(worker, packet)
                condition.broadcast()
            }
        }
        condition.withLock {
            _ = state.ended.insert(worker)
            channels[worker] = nil
            condition.broadcast()
        }
        close(channel)
    }

    private static func withPayload(_ packet: CBOR, _ file: Int32) -> CBOR {
        guard case .map(var map) = packet, let count = map["payload"]?.asInt else { return packet }
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = bytes.withUnsafeMutableBytes { pread(file, $0.baseAddress, count, 0) }
        map["bytes"] = .bytes(Array(bytes.prefix(filled)))
        return .map(map)
    }

    // MARK: the mailbox; called with the lock held

    private func answer(_ worker: Int, _ packet: CBOR) {
        guard let id = packet["id"]?.asInt, let call = packet["call"]?.asText else { return }
        switch call {
        case "send": reply(worker, id, accept(worker, packet))
        case "post": reply(worker, id, ["status": 0, "ticket": .int(post(worker, packet))])
        case "wait":
            let tickets = (packet["tickets"]?.asArray ?? []).compactMap(\.asInt)
            state.waits.append(Wait(worker: worker, id: id, tickets: tickets))
            decideWaits()
        case "take": take(worker, id, packet["ticket"]?.asInt ?? 0)
        default: reply(worker, id, ["status": 0])
        }
    }

    private func reply(_ worker: Int, _ id: Int, _ answer: CBOR, payload: [UInt8]? = nil) {
        guard case .map(var map) = answer, let channel = channels[worker] else { return }
        map["reply"] = .int(id)
        Self.send(channel, .map(map), payload: payload)
    }

    private func accept(_ worker: Int, _ packet: CBOR) -> CBOR {
        let to = [packet["role"]?.asText ?? "", packet["party"]?.asText ?? ""]
        let key = [packet["name"]?.asText ?? "", packet["tag"]?.asText ?? ""] + (parties[worker] ?? []) + to
        guard state.mailbox[key] == nil else {
            let error: CBOR = ["code": 6, "flags": 0, "domain": "test.site", "message": "sent already"]
            return ["status": 6, "error": error]
        }
        state.mailbox[key] = Message(
            table: packet["table"]?.asBool ?? false, bytes: packet["bytes"]?.asBytes ?? [])
        decideWaits()
        return ["status": 0]
    }

    private func post(_ worker: Int, _ packet: CBOR) -> Int {
        let from = [packet["role"]?.asText ?? "", packet["party"]?.asText ?? ""]
        let ticket = state.tickets.count + 1
        let name = [packet["name"]?.asText ?? "", packet["tag"]?.asText ?? ""]
        state.tickets[ticket] = name + from + (parties[worker] ?? [])
        return ticket
    }

    private func decideWaits() {
        let waits = state.waits
        state.waits = []
        for wait in waits {
            let done = wait.tickets.map { state.mailbox[state.tickets[$0] ?? []] != nil }
            if done.allSatisfy({ $0 }) {
                reply(wait.worker, wait.id, ["status": 0, "done": .array(done.map { .int($0 ? 1 : 0) })])
            } else {
                state.waits.append(wait)
            }
        }
    }

    private func take(_ worker: Int, _ id: Int, _ ticket: Int) {
        guard let message = state.mailbox[state.tickets[ticket] ?? []] else {
            return reply(worker, id, ["status": 5])
        }
        guard message.bytes.count > 40_000 else {
            return reply(worker, id, ["status": 0, "table": .bool(message.table), "bytes": .bytes(message.bytes)])
        }
        let count = message.bytes.count
        reply(
            worker, id, ["status": 0, "table": .bool(message.table), "payload": .int(count)], payload: message.bytes)
    }
}
