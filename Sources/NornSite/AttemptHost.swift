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
    static let recordsMaximum = 100_000

    let order: AttemptOrder
    private let mailboxes: any AttemptMailboxes
    private let writer: TrackingWriter
    private let board: ProgressBoard
    private let feed: EventFeed
    private let attemptLog: AttemptLog
    private let reported = Mutex<[ReportedOutput]>([])
    private let records = Atomic<Int>(0)
    private let lastProgress = Atomic<Int64>(0)

    /// Progress wakes followers at most so often.
    static let progressMilliseconds: Int64 = 100

    init(
        order: AttemptOrder, mailboxes: any AttemptMailboxes, writer: TrackingWriter, board: ProgressBoard,
        feed: EventFeed, log: AttemptLog
    ) {
        self.order = order
        self.mailboxes = mailboxes
        self.writer = writer
        self.board = board
        self.feed = feed
        attemptLog = log
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
        guard records.add(1, ordering: .relaxed).newValue <= Self.recordsMaximum else { return }
        let attempt = order.attempt
        await writer.append(
            TrackingRecord(
                job: attempt.job, task: attempt.task, attempt: attempt.number, role: attempt.party.role.rawValue,
                party: attempt.party.id, kind: kind, name: name, payload: Data(value.text().utf8),
                time: Clocks.wallMilliseconds()))
    }

    // MARK: Messages

    func send(_ message: OutgoingMessage) async throws(AttemptError) {
        try requireParty(message.role, message.party)
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
