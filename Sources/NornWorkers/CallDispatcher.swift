import Logging
import NornManifest

/// Carries a worker's calls to the site's services and their answers back: one-way calls one after the other, calls
/// with an answer side by side.
struct CallDispatcher: Sendable {
    let services: (any AttemptServices)?
    let mailbag: WorkerMailbag
    let logger: Logger

    /// Returns when the calls have ended and none is being served; those that still wait are cancelled.
    func serve(_ calls: AsyncStream<WorkerCall>) async {
        await withDiscardingTaskGroup { group in
            for await call in calls {
                if call.hasAnswer {
                    group.addTask { await answer(call) }
                } else {
                    await tell(call)
                    mailbag.handledOne()
                }
            }
            group.cancelAll()
        }
    }

    private func tell(_ call: WorkerCall) async {
        guard let services else { return }
        switch call {
        case .log(let severity, let text): await services.log(severity, text)
        case .metric(let metric): await services.metric(metric)
        case .progress(let done, let total, let text): await services.progress(done: done, total: total, text: text)
        case .summary(let summary): await services.summary(summary)
        case .model(let name, let model): await services.model(name: name, model)
        case .phase(let phase): await services.phase(phase)
        case .drop(let ticket): await services.drop(ticket: ticket)
        case .usage, .described, .end, .send, .post, .wait, .take, .output: break
        }
    }

    private func answer(_ call: WorkerCall) async {
        guard let services, let id = call.id else { return }
        do throws(AttemptError) {
            mailbag.post(try await reply(to: call, id: id, services: services))
        } catch {
            guard let packet = try? OutgoingPacket.failure(id, error.cut()) else {
                logger.error("an answer to a worker could not be written", metadata: ["code": "\(error.code)"])
                return
            }
            mailbag.post(packet)
        }
    }

    private func reply(
        to call: WorkerCall, id: Int, services: any AttemptServices
    ) async throws(AttemptError) -> OutgoingPacket {
        switch call {
        case .send(_, let message):
            try await services.send(message)
            return try .reply(id)
        case .post(_, let message):
            return try .reply(id, ["ticket": .int(try await services.post(message))])
        case .wait(_, let tickets, let mode, let timeoutMilliseconds):
            let done = try await services.wait(tickets: tickets, mode: mode, timeoutMilliseconds: timeoutMilliseconds)
            return try .reply(id, ["done": .array(done.map { .int($0 ? 1 : 0) })])
        case .take(_, let ticket):
            let message = try await services.take(ticket: ticket)
            return try .reply(id, ["table": .bool(message.isTable)], payload: message.payload)
        case .output(_, let output):
            try await services.output(output)
            return try .reply(id)
        case .log, .metric, .progress, .summary, .model, .phase, .usage, .drop, .described, .end:
            return try .reply(id)
        }
    }
}

extension WorkerCall {
    var id: Int? {
        switch self {
        case .send(let id, _), .post(let id, _), .wait(let id, _, _, _), .take(let id, _), .output(let id, _): id
        default: nil
        }
    }
}

extension AttemptError {
    /// Bytes of a message that a worker's error can hold.
    static let messageBytesLimit = 455

    /// The error with a message that fits the caller's 512-byte error.
    func cut() -> AttemptError {
        guard message.utf8.count > Self.messageBytesLimit else { return self }
        var short = self
        short.message = String(decoding: message.utf8.prefix(Self.messageBytesLimit - 3), as: UTF8.self)
        while short.message.utf8.count > Self.messageBytesLimit { short.message.removeLast() }
        short.flags.insert(.truncated)
        return short
    }
}
