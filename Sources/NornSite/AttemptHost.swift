import Foundation
import Logging
import NornFederation
import NornFlow
import NornManifest
import NornStore
import NornWorkers
import Synchronization

/// The site's side of one running attempt: keeps what it logs and reports, carries its messages.
final class AttemptHost: AttemptServices {
    static let outputsMaximum = 256
    /// Metrics, summaries and views of models that are kept of an attempt, and their bytes; the rest is dropped, with a
    /// line in the log.
    static let recordsMaximum = 100_000
    static let recordBytesMaximum = 64 * 1_048_576

    let order: AttemptOrder
    private let wire: WireRules
    private let worker = Mutex<RunningWorker?>(nil)
    /// What the component did that ends its attempt.
    private let offence = Mutex<AttemptError?>(nil)
    private let mailboxes: any AttemptMailboxes
    private let writer: TrackingWriter
    private let board: ProgressBoard
    private let feed: EventFeed
    private let attemptLog: AttemptLog
    private let reported = Mutex<[ReportedOutput]>([])
    private let records = Atomic<Int>(0)
    private let recordBytes = Atomic<Int>(0)
    private let lastProgress = Atomic<Int64>(0)

    /// Progress wakes followers at most so often.
    static let progressMilliseconds: Int64 = 100

    init(
        order: AttemptOrder, wire: WireRules, mailboxes: any AttemptMailboxes, writer: TrackingWriter,
        board: ProgressBoard,
        feed: EventFeed, log: AttemptLog
    ) {
        self.order = order
        self.wire = wire
        self.mailboxes = mailboxes
        self.writer = writer
        self.board = board
        self.feed = feed
        attemptLog = log
    }

    /// The worker that the services are for; set as soon as it is started.
    func serve(_ worker: RunningWorker) {
        self.worker.withLock { $0 = worker }
        if let offence = offence.withLock({ $0 }) { worker.end(because: offence) }
    }

    /// Ends the attempt, whatever the component makes of the error that it gets.
    private func end(because error: AttemptError) {
        offence.withLock { offence in
            if offence == nil { offence = error }
        }
        worker.withLock { $0 }?.end(because: error)
    }

    var outputs: [ReportedOutput] { reported.withLock { $0 } }
    var boardKey: String {
        let attempt = order.attempt
        return ProgressBoard.key(
            job: attempt.job, task: attempt.task, role: attempt.party.role.rawValue, party: attempt.party.id)
    }

    func log(_ severity: LogSeverity, _ text: String) async { attemptLog.write(severity, text) }

    func metric(_ metric: [UInt8]) async {
        let value = TrackingValues.json(metric)
        await append(.metric, name: value["name"]?.asString ?? "", value)
    }

    func progress(done: Int, total: Int, text: String) async {
        board.set(boardKey, ProgressView(done: Int64(done), total: Int64(total), text: String(text.prefix(200))))
        let now = Clocks.monotonicMilliseconds()
        if now - lastProgress.load(ordering: .relaxed) >= Self.progressMilliseconds {
            lastProgress.store(now, ordering: .relaxed)
            feed.changed([order.attempt.job])
        }
    }

    func summary(_ summary: [UInt8]) async { await append(.summary, name: "summary", TrackingValues.json(summary)) }

    func model(name: String, _ model: [UInt8]) async {
        await append(.model, name: name, TrackingValues.json(model))
    }

    func phase(_ phase: WorkerPhase) async { attemptLog.write(.debug, "phase \(phase.rawValue)") }

    private func append(_ kind: TrackingRecord.Kind, name: String, _ value: JSON) async {
        let payload = Data(value.text().utf8)
        let count = records.add(1, ordering: .relaxed).newValue
        let bytes = recordBytes.add(payload.count, ordering: .relaxed)
        guard count <= Self.recordsMaximum, bytes.newValue <= Self.recordBytesMaximum else {
            let isFirst = count == Self.recordsMaximum + 1 || bytes.oldValue <= Self.recordBytesMaximum
            if isFirst { attemptLog.write(.warning, Self.dropping) }
            return
        }
        let attempt = order.attempt
        await writer.append(
            TrackingRecord(
                job: attempt.job, task: attempt.task, attempt: attempt.number, role: attempt.party.role.rawValue,
                party: attempt.party.id, kind: kind, name: name, payload: payload,
                time: Clocks.wallMilliseconds()))
    }

    private static let dropping =
        "further metrics, summaries and models are dropped: an attempt keeps \(recordsMaximum) of them, and "
        + "\(recordBytesMaximum / 1_048_576) MiB"

    // MARK: Messages

    func send(_ message: OutgoingMessage) async throws(AttemptError) {
        try requireParty(message.role, message.party)
        if let flaw = wire.flaw(message) {
            let error = AttemptError(
                code: .permissionDenied, flags: .userFault, domain: "norn.wire", message: "\(flaw); it was not sent")
            end(because: error)
            throw error
        }
        try await mailboxes.send(message)
    }

    func post(_ message: ExpectedMessage) async throws(AttemptError) -> Int {
        try requireParty(message.role, message.party)
        return try await mailboxes.post(message)
    }

    func wait(tickets: [Int], mode: WaitMode, timeoutMilliseconds: Int?) async throws(AttemptError) -> [Bool] {
        try await mailboxes.wait(tickets: tickets, mode: mode, timeoutMilliseconds: timeoutMilliseconds)
    }

    func take(ticket: Int) async throws(AttemptError) -> TakenMessage { try await mailboxes.take(ticket: ticket) }

    func drop(ticket: Int) async { await mailboxes.drop(ticket: ticket) }

    /// A component speaks only to parties of its job.
    private func requireParty(_ role: String, _ party: String) throws(AttemptError) {
        guard order.jobParties.contains(where: { $0.role.rawValue == role && $0.id == party }) else {
            throw AttemptError(
                code: .notFound, flags: .userFault, message: "\(role) \(party.prefix(40)) is no party of this job")
        }
    }

    func output(_ output: ReportedOutput) async throws(AttemptError) {
        let isFull = reported.withLock { reported -> Bool in
            guard reported.count < Self.outputsMaximum else { return true }
            reported.append(output)
            return false
        }
        if isFull {
            throw AttemptError(
                code: .resourceExhausted, flags: .userFault,
                message: "an attempt has at most \(Self.outputsMaximum) outputs")
        }
    }
}

/// The messages of one attempt, wherever the other parties are.
protocol AttemptMailboxes: Sendable {
    func send(_ message: OutgoingMessage) async throws(AttemptError)
    func post(_ message: ExpectedMessage) async throws(AttemptError) -> Int
    func wait(tickets: [Int], mode: WaitMode, timeoutMilliseconds: Int?) async throws(AttemptError) -> [Bool]
    func take(ticket: Int) async throws(AttemptError) -> TakenMessage
    func drop(ticket: Int) async
}
