import Glibc
import NornFederation
import NornWorkers

/// The exchange of the federation in the words of the worker channel.
struct ExchangeBridge: AttemptMailboxes {
    let exchange: AttemptExchange

    func send(_ message: OutgoingMessage) async throws(AttemptError) {
        try await mapped {
            try await exchange.send(
                name: message.name, tag: message.tag, to: PartyAddress(role: message.role, id: message.party),
                payload: Self.payload(message.payload),
                table: message.table.map { TableFrames(rows: $0.rows, partitions: $0.partitions) })
        }
    }

    func post(_ message: ExpectedMessage) async throws(AttemptError) -> Int {
        try await mapped {
            try await exchange.post(
                name: message.name, tag: message.tag, from: PartyAddress(role: message.role, id: message.party))
        }
    }

    func wait(tickets: [Int], mode: WaitMode, timeoutMilliseconds: Int?) async throws(AttemptError) -> [Bool] {
        try await mapped {
            try await exchange.wait(
                tickets, needsAll: mode == .all, timeout: timeoutMilliseconds.map { .milliseconds($0) })
        }
    }

    func take(ticket: Int) async throws(AttemptError) -> TakenMessage {
        try await mapped {
            let message = try await exchange.take(ticket)
            return TakenMessage(payload: try Self.payload(message.payload), isTable: message.table != nil)
        }
    }

    func drop(ticket: Int) async { await exchange.drop(ticket) }

    private static func payload(_ payload: Payload) -> MailboxPayload {
        switch payload {
        case .bytes(let bytes): .bytes(bytes)
        case .file(let file): .file(file)
        }
    }

    private static func payload(_ payload: MailboxPayload) throws -> Payload {
        switch payload {
        case .bytes(let bytes): return .bytes(bytes)
        case .file(let file):
            if let own = file as? PayloadFile { return .file(own) }
            let copy = fcntl(file.fileDescriptor, F_DUPFD_CLOEXEC, 3)
            guard copy >= 0 else { throw FederationError(.internal, "the site has no file descriptors left") }
            return .file(PayloadFile(owning: copy, byteCount: file.byteCount, isMemory: file.isMemory))
        }
    }

    private func mapped<Value: Sendable>(_ work: () async throws -> Value) async throws(AttemptError) -> Value {
        do {
            return try await work()
        } catch let error as FederationError {
            throw AttemptError(error)
        } catch is CancellationError {
            throw AttemptError(code: .cancelled, message: "the worker is being ended")
        } catch {
            throw AttemptError(code: .internal, flags: .hostFault, message: "the exchange failed")
        }
    }
}

extension PayloadFile: PayloadDescriptor {}

extension AttemptError {
    init(_ error: FederationError) {
        let code: StatusCode =
            switch error.code {
            case .noRoute, .notFound, .notServed: .notFound
            case .untrustedPeer, .foreignParty: .permissionDenied
            case .unreachable: .unavailable
            case .alreadyExists: .alreadyExists
            case .attemptEnded: .aborted
            case .limitExceeded: .resourceExhausted
            case .invalidRequest, .protocolVersion: .invalidArgument
            case .dataLoss: .dataLoss
            case .cancelled: .cancelled
            case .configuration, .internal: .internal
            }
        self.init(
            code: code, flags: error.isRetryable ? [.retryable, .peerFault] : [.peerFault], domain: "norn.exchange",
            message: error.message)
    }
}
