import Foundation
import Synchronization

/// What the threads of one store share: whether it goes on, whether the database answers.
final class PostgreSQLHealth: Sendable {
    private let closed = Atomic<Bool>(false)
    private let trouble = Mutex<String?>(nil)
    private let notice: @Sendable (String) -> Void

    /// - Parameter notice: told when the database goes and when it is back.
    init(notice: @escaping @Sendable (String) -> Void) {
        self.notice = notice
    }

    var isClosed: Bool { closed.load(ordering: .acquiring) }
    func close() { closed.store(true, ordering: .releasing) }

    /// Why the database does not answer; nil when it does.
    var why: String? { trouble.withLock { $0 } }

    func failed(_ why: String) {
        let isNew = trouble.withLock { trouble in
            defer { trouble = why }
            return trouble == nil
        }
        if isNew { notice("the database does not answer: \(why)") }
    }

    func answered() {
        let was = trouble.withLock { trouble in
            defer { trouble = nil }
            return trouble
        }
        if was != nil { notice("the database answers again") }
    }
}

/// The connection of one thread, made again as often as it breaks.
final class PostgreSQLSession {
    static let firstPauseSeconds = 0.05
    static let longestPauseSeconds = 2.0
    /// SQLSTATE classes and states that pass: the database starts or stops, has no room, or ended this statement for
    /// another's sake.
    static let passingStates = ["08", "53", "57P", "40001", "40P01", "55P03", "57014", "25P03", "58030"]

    private let options: PostgreSQLOptions
    private let health: PostgreSQLHealth
    private var connection: PostgreSQLConnection?

    init(_ options: PostgreSQLOptions, health: PostgreSQLHealth) {
        self.options = options
        self.health = health
    }

    /// Does it until it is done or refused for good: while the database is away, with growing pauses. It may be done
    /// anew after a break whose outcome nobody knows, so `body` is either idempotent or finds out.
    func perform<Value>(_ body: (PostgreSQLConnection) throws -> Value) throws -> Value {
        var pause = Self.firstPauseSeconds
        while true {
            guard !health.isClosed else { throw StoreError.closed }
            do {
                let value = try body(try connected())
                health.answered()
                return value
            } catch let error as StoreError where Self.passes(error) {
                if Self.breaks(error) { connection = nil }
                health.failed(error.description)
            }
            Thread.sleep(forTimeInterval: pause)
            pause = min(pause * 2, Self.longestPauseSeconds)
        }
    }

    /// Does it once; a broken connection is an error.
    func performOnce<Value>(_ body: (PostgreSQLConnection) throws -> Value) throws -> Value {
        do {
            return try body(try connected())
        } catch let error as StoreError where Self.breaks(error) {
            connection = nil
            throw error
        }
    }

    private func connected() throws -> PostgreSQLConnection {
        if let connection { return connection }
        let fresh = try PostgreSQLConnection(options)
        connection = fresh
        return fresh
    }

    static func passes(_ error: StoreError) -> Bool {
        switch error {
        case .unreachable: true
        case .failed(let state): passingStates.contains { state.hasPrefix($0) }
        default: false
        }
    }

    private static func breaks(_ error: StoreError) -> Bool {
        switch error {
        case .unreachable: true
        case .failed(let state): state.hasPrefix("08") || state.hasPrefix("57P")
        default: false
        }
    }
}
