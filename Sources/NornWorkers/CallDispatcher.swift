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
        var guarded = FloodGuard(now: monotonicMilliseconds())
        await withDiscardingTaskGroup { group in
            for await call in calls {
                if call.hasAnswer {
                    group.addTask {
                        let isRefused = await answer(call)
                        let refused = mailbag.answeredOne(isRefused: isRefused)
                        if refused > FloodGuard.refusedMaximum { endFlood("refused calls") }
                    }
                } else {
                    await admit(&guarded)
                    await tell(call)
                    mailbag.handledOne()
                }
            }
            group.cancelAll()
        }
    }

    /// Waits as long as the worker's last calls are too many.
    private func admit(_ guarded: inout FloodGuard) async {
        switch guarded.admit(now: monotonicMilliseconds()) {
        case .now: break
        case .after(let milliseconds): try? await Task.sleep(for: .milliseconds(milliseconds))
        case .never: endFlood("log lines, metrics and other notices")
        }
    }

    private func endFlood(_ what: String) {
        mailbag.end(
            because: AttemptError(
                code: .resourceExhausted, flags: .userFault, domain: "norn.worker",
                message: "the component flooded the site with \(what) and was killed: at most \(FloodGuard.burst) at "
                    + "once and \(FloodGuard.perSecond) a second are taken"))
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

    /// Answers whether the call was refused.
    private func answer(_ call: WorkerCall) async -> Bool {
        guard let services, let id = call.id else { return false }
        do throws(AttemptError) {
            mailbag.post(try await reply(to: call, id: id, services: services))
            return false
        } catch {
            if let packet = try? OutgoingPacket.failure(id, error.cut()) {
                mailbag.post(packet)
            } else {
                logger.error("an answer to a worker could not be written", metadata: ["code": "\(error.code)"])
            }
            // A wait that is over its time is asked for again; that is no refusal.
            return error.code != .deadlineExceeded && error.code != .cancelled
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
