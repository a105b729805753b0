import Glibc
import NornKit

/// The site's end of all attempts of a run: one thread that serves their channels, routes their messages and gathers what
/// they report.
final class TestSite: @unchecked Sendable {
    // Sendable: `serve` runs on one thread; before and after it, only its caller touches anything.
    private struct Wait {
        let party: Party
        let id: CBOR
        let tickets: [Int64]
        let needsAll: Bool
        let deadline: UInt64?
    }

    /// A take that came before its message: it is answered when that comes.
    private struct Take {
        let party: Party
        let id: CBOR
        let key: MessageKey
    }

    private var attempts: [Party: TestAttempt]
    private var exchange = TestExchange()
    private var tickets: [Party: [Int64: MessageKey]] = [:]
    private var lastTicket: Int64 = 0
    private var waits: [Wait] = []
    private var takes: [Take] = []
    /// An attempt has failed.
    private var isEnding = false
    private var cancelled: Set<Party> = []
    private let control: RunControl
    /// What the parties sent to each other, in order; at most `messagesMaximum`.
    private(set) var messages: [SentMessage] = []
    private static let messagesMaximum = 100_000

    init(_ attempts: [TestAttempt], control: RunControl) {
        self.control = control
        self.attempts = Dictionary(uniqueKeysWithValues: attempts.map { ($0.party, $0) })
    }

    /// Serves until every attempt has closed its channel. After `timeoutMilliseconds` all attempts are cancelled.
    /// - Returns: what they reported, and whether the time was up.
    func serve(timeoutMilliseconds: UInt64) throws -> (reports: [Party: TestReport], isTimeUp: Bool) {
        let end = now() + timeoutMilliseconds
        var isTimeUp = false
        while true {
            let open = attempts.values.filter { !$0.isClosed }
            if open.isEmpty { break }
            var polled = open.map { pollfd(fd: $0.channel.descriptor, events: Int16(POLLIN), revents: 0) }
            _ = poll(&polled, nfds_t(polled.count), pollTimeout(end: isTimeUp ? nil : end))
            for (attempt, polled) in zip(open, polled) where polled.revents != 0 { try read(attempt) }
            try answerTakes()
            try answerWaits()
            try cancelWaiting()
            if !isTimeUp, now() >= end {
                isTimeUp = true
                try cancelAll()
            }
        }
        return (attempts.mapValues(\.report), isTimeUp)
    }

    /// What it waited for goes with it: its descriptor's number may soon be that of another channel.
    private func close(_ attempt: TestAttempt) {
        control.detach(attempt.party)
        attempt.close()
        waits.removeAll { $0.party == attempt.party }
        takes.removeAll { $0.party == attempt.party }
        // As at a site, one party's loss ends the task everywhere.
        if attempt.report.status == nil { isEnding = true }
    }

    /// Ends those that wait once one has failed. The others get to say what they would have said: which of several
    /// parties refuses first is chance, and a test asks for the words of one.
    private func cancelWaiting() throws {
        guard isEnding else { return }
        for party in Set(waits.map(\.party) + takes.map(\.party)) where cancelled.insert(party).inserted {
            guard let attempt = attempts[party], !attempt.isClosed else { continue }
            try attempt.channel.send(["do": "cancel", "reason": 1])
        }
    }

    /// Calls of attempts that the site has not answered yet.
    var unansweredCount: Int { waits.count + takes.count }

    private func cancelAll() throws {
        for attempt in attempts.values where !attempt.isClosed {
            try attempt.channel.send(["do": "cancel", "reason": 1])
        }
    }

    private func read(_ attempt: TestAttempt) throws {
        guard let (packet, file) = try attempt.channel.receive() else { return close(attempt) }
        let payload: Payload =
            if let file { .file(descriptor: file, count: packet["payload"]?.int ?? 0) } else {
                .bytes(packet["bytes"]?.bytes ?? [])
            }
        guard let id = packet["id"] else {
            attempt.report.take(packet, payload)
            // As at a site, one party's failure ends the task everywhere.
            if attempt.report.hasFailed { isEnding = true }
            return
        }
        do {
            if let (reply, payload) = try answer(attempt, packet, id, payload) {
                try attempt.channel.send(reply.merging(["reply": id, "status": 0]) { $1 }, payload: payload)
            }
        } catch let error as ComponentError {
            let detail: CBOR = [
                "code": .int(Int64(error.code.rawValue)), "flags": .int(Int64(error.fault.rawValue)),
                "domain": "norn.test-host", "message": .text(error.description),
            ]
            try attempt.channel.send(["reply": id, "status": .int(Int64(error.code.rawValue)), "error": detail])
        }
    }

    /// nil: answered later.
    private func answer(
        _ attempt: TestAttempt, _ packet: CBOR, _ id: CBOR, _ payload: Payload
    ) throws -> (reply: [String: CBOR], payload: Payload?)? {
        switch packet["call"]?.text {
        case "send":
            let peer = try party(packet)
            let key = MessageKey(
                name: packet["name"]?.text ?? "", tag: packet["tag"]?.text ?? "", from: attempt.party, to: peer)
            let isTable = packet["table"]?.bool ?? false
            note(key, payload, isTable: isTable)
            try exchange.send(key, payload, isTable: isTable)
            return ([:], nil)
        case "post":
            lastTicket += 1
            tickets[attempt.party, default: [:]][lastTicket] = MessageKey(
                name: packet["name"]?.text ?? "", tag: packet["tag"]?.text ?? "", from: try party(packet),
                to: attempt.party)
            return (["ticket": .int(lastTicket)], nil)
        case "wait":
            let timeout = packet["timeout_milliseconds"]?.int.map { UInt64($0) }
            waits.append(
                Wait(
                    party: attempt.party, id: id,
                    tickets: packet["tickets"]?.array?.compactMap { $0.int.map(Int64.init) } ?? [],
                    needsAll: packet["mode"]?.int == 2, deadline: timeout.map { now() + min($0, 1 << 40) }))
            return nil
        case "take":
            guard let ticket = packet["ticket"]?.int.map(Int64.init),
                let key = tickets[attempt.party]?.removeValue(forKey: ticket)
            else { throw ComponentError(.notFound, "There is no such ticket.") }
            guard exchange.has(key) || exchange.wasSent(key) else {
                takes.append(Take(party: attempt.party, id: id, key: key))
                return nil
            }
            let (payload, isTable) = try exchange.take(key)
            return (["table": .bool(isTable)], payload)
        case "output":
            attempt.report.takeOutput(packet)
            return ([:], nil)
        default:
            throw ComponentError(.unimplemented, "The test host knows no call \(packet["call"]?.text ?? "").")
        }
    }

    private func note(_ key: MessageKey, _ payload: Payload, isTable: Bool) {
        guard messages.count < Self.messagesMaximum else { return }
        let count =
            switch payload {
            case .bytes(let bytes): bytes.count
            case .file(_, let count): count
            }
        messages.append(
            SentMessage(name: key.name, tag: key.tag, from: key.from, to: key.to, isTable: isTable, byteCount: count))
    }

    private func party(_ packet: CBOR) throws -> Party {
        let party = Party(Role(rawValue: packet["role"]?.text ?? ""), packet["party"]?.text ?? "")
        guard attempts[party] != nil else {
            throw ComponentError(.notFound, "\(party) is no party of this run.", fault: .user)
        }
        return party
    }

    private func answerTakes() throws {
        let ready = takes.filter { exchange.has($0.key) }
        takes.removeAll { exchange.has($0.key) }
        for take in ready {
            let (payload, isTable) = try exchange.take(take.key)
            try attempts[take.party]?.channel.send(
                ["reply": take.id, "status": 0, "table": .bool(isTable)], payload: payload)
        }
    }

    private func answerWaits() throws {
        let time = now()
        var left: [Wait] = []
        for wait in waits {
            let done = wait.tickets.map { tickets[wait.party]?[$0].map(exchange.has) ?? false }
            let isEnough = wait.needsAll ? done.allSatisfy { $0 } : done.contains(true)
            let isLate = wait.deadline.map { $0 <= time } ?? false
            guard isEnough || isLate else {
                left.append(wait)
                continue
            }
            var reply: [String: CBOR] = ["reply": wait.id, "status": 0, "done": .array(done.map { $0 ? 1 : 0 })]
            if !isEnough {
                reply["status"] = .int(Int64(ComponentError.Code.deadlineExceeded.rawValue))
                reply["error"] = ["code": 4, "flags": 0, "domain": "norn.test-host", "message": "not yet"]
            }
            try attempts[wait.party]?.channel.send(reply)
        }
        waits = left
    }

    private func pollTimeout(end: UInt64?) -> Int32 {
        let next = (waits.compactMap(\.deadline) + [end].compactMap { $0 }).min()
        guard let next else { return -1 }
        let time = now()
        return next <= time ? 0 : Int32(min(next - time, 60_000))
    }

    /// Milliseconds.
    private func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
    }
}
