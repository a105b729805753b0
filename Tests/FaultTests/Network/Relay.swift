import Foundation
import Synchronization

/// A TCP relay between two sites that makes their way bad on demand: slow, stalling, cut, reset. It sees only the
/// ciphertext of mutual TLS, as a bad network does.
final class Relay: Sendable {
    static let connectionsMaximum = 256
    static let pieceBytes = 64 * 1024
    static let connectSeconds = 5
    static let napMicroseconds: UInt32 = 10_000

    struct Conditions: Sendable {
        var latencyMilliseconds = 0
        /// Of a hundred pieces, how many are held up as after lost packets.
        var lossPercent = 0
        var lossMilliseconds = 400
        /// Nothing passes, and nobody is told.
        var isCut = false
    }

    struct Target: Sendable {
        var namespace: String?
        var address: String
        var port: UInt16
    }

    /// One connection from end to end.
    private final class Connection: Sendable {
        let client: Int32
        let server: Int32
        private let open = Atomic<Int>(2)

        init(client: Int32, server: Int32) {
            self.client = client
            self.server = server
        }

        /// Ends both directions; their threads close the sockets.
        func reset() {
            for descriptor in [client, server] {
                TCPSocket.setReset(descriptor)
                shutdown(descriptor, Int32(SHUT_RDWR))
            }
        }

        /// Called by each direction once; true for the one that closed.
        func leave() -> Bool {
            guard open.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return false }
            close(client)
            close(server)
            return true
        }
    }

    private struct State {
        var conditions = Conditions()
        var connections: [ObjectIdentifier: Connection] = [:]
        var target: Target?
        var isClosed = false
        var random: SeededGenerator
    }

    let port: UInt16
    private let listener: Int32
    private let state: Mutex<State>

    /// - Parameter namespace: where it listens; nil for the one of the tests.
    init(namespace: String?, address: String, seed: UInt64) throws {
        (listener, port) = try TCPSocket.listen(in: namespace, address: address)
        state = Mutex(State(random: SeededGenerator(seed: seed)))
        Thread.detachNewThread { [self] in accept() }
    }

    func setTarget(_ target: Target) { state.withLock { $0.target = target } }
    func change(_ change: (inout Conditions) -> Void) { state.withLock { change(&$0.conditions) } }

    /// Breaks every connection that is open.
    func reset() {
        let all = state.withLock { Array($0.connections.values) }
        for connection in all { connection.reset() }
    }

    func end() {
        state.withLock { $0.isClosed = true }
        shutdown(listener, Int32(SHUT_RDWR))
        reset()
    }

    // MARK: Threads

    private func accept() {
        while !isClosed {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0, fcntl(client, F_SETFD, FD_CLOEXEC) == 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                break
            }
            Thread.detachNewThread { [self] in serve(client) }
        }
        close(listener)
    }

    private func serve(_ client: Int32) {
        waitUntilHealed()
        guard let target = state.withLock({ $0.connections.count < Self.connectionsMaximum ? $0.target : nil }),
            let server = try? TCPSocket.connect(
                in: target.namespace, address: target.address, port: target.port, seconds: Self.connectSeconds)
        else {
            TCPSocket.setReset(client)
            close(client)
            return
        }
        TCPSocket.setTimeout(server, seconds: 0)
        let connection = Connection(client: client, server: server)
        let isLate = state.withLock { state -> Bool in
            state.connections[ObjectIdentifier(connection)] = connection
            return state.isClosed
        }
        if isLate { connection.reset() }
        Thread.detachNewThread { [self] in pass(connection, from: client, to: server) }
        pass(connection, from: server, to: client)
    }

    /// Carries bytes one way until either side ends.
    private func pass(_ connection: Connection, from: Int32, to: Int32) {
        var buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            hold()
            guard TCPSocket.write(buffer[..<count], to: to) else { break }
        }
        shutdown(to, Int32(SHUT_WR))
        if connection.leave() {
            state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
        }
    }

    /// What a piece waits before it goes on.
    private func hold() {
        let milliseconds = state.withLock { state -> Int in
            let conditions = state.conditions
            let isLost = conditions.lossPercent > 0 && Int(state.random.next() % 100) < conditions.lossPercent
            return conditions.latencyMilliseconds + (isLost ? conditions.lossMilliseconds : 0)
        }
        if milliseconds > 0 { usleep(UInt32(milliseconds) * 1000) }
        waitUntilHealed()
    }

    private func waitUntilHealed() {
        while state.withLock({ $0.conditions.isCut && !$0.isClosed }) { usleep(Self.napMicroseconds) }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }
}
