import NornManifest

/// What a worker says on its channel.
enum WorkerCall: Sendable {
    case log(LogSeverity, String)
    case metric([UInt8])
    case progress(done: Int, total: Int, text: String)
    case summary([UInt8])
    case model(name: String, [UInt8])
    case phase(WorkerPhase)
    case usage(WorkerUsage)
    case drop(ticket: Int)
    case described([UInt8])
    case end(status: StatusCode, AttemptError?)
    case send(id: Int, OutgoingMessage)
    case post(id: Int, ExpectedMessage)
    case wait(id: Int, tickets: [Int], mode: WaitMode, timeoutMilliseconds: Int?)
    case take(id: Int, ticket: Int)
    case output(id: Int, ReportedOutput)
}

/// A message that no worker of ours sends.
struct ChannelViolation: Error, Hashable, Sendable {
    let text: String
    init(_ text: String) { self.text = text }
}

extension WorkerCall {
    /// Tickets of one wait.
    static let ticketsLimit = 4096
    /// Bytes of a metric, summary, view of a model, description or schema.
    static let contentLimitBytes = 16 * 1024 * 1024
    /// Bytes of a name, tag or path.
    static let textLimit = 4096

    /// - Parameter file: the fd that came with the packet, with the size that `payload` announced.
    init(_ packet: CBOR, file: PayloadFile?) throws(ChannelViolation) {
        let fields = try CallFields(packet)
        let payload: Payload? =
            if let file { .file(file) } else { packet["bytes"]?.asBytes.map { Payload.bytes($0) } }
        func content() throws(ChannelViolation) -> [UInt8] {
            guard let payload else { throw ChannelViolation("a call without bytes") }
            guard payload.byteCount <= Self.contentLimitBytes, let bytes = try? payload.read() else {
                throw ChannelViolation("a call whose bytes are too many or cannot be read")
            }
            return bytes
        }
        switch try fields.text("call") {
        case "log":
            self = .log(LogSeverity(rawValue: try fields.integer("level")) ?? .info, try fields.longText("text"))
        case "metric": self = .metric(try content())
        case "progress":
            self = .progress(
                done: try fields.integer("done"), total: try fields.integer("total"), text: try fields.text("text"))
        case "summary": self = .summary(try content())
        case "model": self = .model(name: try fields.text("name"), try content())
        case "phase":
            guard let phase = WorkerPhase(rawValue: try fields.text("phase")) else {
                throw ChannelViolation("an unknown phase")
            }
            self = .phase(phase)
        case "usage":
            self = .usage(
                WorkerUsage(
                    peakMemoryBytes: try fields.integer("peak_memory_bytes"),
                    processorMilliseconds: try fields.integer("cpu_milliseconds")))
        case "drop": self = .drop(ticket: try fields.integer("ticket"))
        case "described": self = .described(try content())
        case "end": self = try Self.end(packet, fields)
        case "send": self = try Self.send(fields, payload)
        case "post": self = .post(id: try fields.integer("id"), try fields.expectedMessage())
        case "wait": self = try Self.wait(packet, fields)
        case "take": self = .take(id: try fields.integer("id"), ticket: try fields.integer("ticket"))
        case "output":
            var schema = packet["schema"]?.asBytes ?? []
            if payload != nil { schema = try content() }
            self = try Self.output(packet, fields, schema: schema)
        default: throw ChannelViolation("an unknown call")
        }
    }

    private static func end(_ packet: CBOR, _ fields: CallFields) throws(ChannelViolation) -> WorkerCall {
        guard let status = UInt32(exactly: try fields.integer("status")) else {
            throw ChannelViolation("a status that is no status")
        }
        guard status != 0 else { return .end(status: .ok, nil) }
        let error = packet["error"] ?? [:]
        return .end(
            status: StatusCode(rawValue: status),
            AttemptError(
                code: StatusCode(rawValue: error["code"]?.asInt.flatMap { UInt32(exactly: $0) } ?? status),
                flags: ErrorFlags(rawValue: error["flags"]?.asInt.flatMap { UInt32(exactly: $0) } ?? 0),
                domain: error["domain"]?.asText ?? "norn", message: error["message"]?.asText ?? ""))
    }

    private static func send(_ fields: CallFields, _ payload: Payload?) throws(ChannelViolation) -> WorkerCall {
        guard let payload else { throw ChannelViolation("a send without bytes") }
        let receiver = try fields.expectedMessage()
        let table: TableShape? =
            if try fields.boolean("table") {
                TableShape(rows: try fields.integer("rows"), partitions: try fields.integer("partitions"))
            } else {
                nil
            }
        return .send(
            id: try fields.integer("id"),
            OutgoingMessage(
                name: receiver.name, tag: receiver.tag, role: receiver.role, party: receiver.party, payload: payload,
                table: table))
    }

    private static func wait(_ packet: CBOR, _ fields: CallFields) throws(ChannelViolation) -> WorkerCall {
        guard let list = packet["tickets"]?.asArray, list.count <= ticketsLimit else {
            throw ChannelViolation("a wait without tickets, or with more than \(ticketsLimit)")
        }
        let tickets = list.compactMap(\.asInt)
        guard tickets.count == list.count, let mode = WaitMode(rawValue: try fields.integer("mode")) else {
            throw ChannelViolation("a wait whose tickets or mode are none")
        }
        // Absent, null, negative or beyond what a clock can count: without end.
        let timeout = packet["timeout_milliseconds"]?.asInt.flatMap { $0 < 0 || $0 > Int(Int32.max) ? nil : $0 }
        return .wait(id: try fields.integer("id"), tickets: tickets, mode: mode, timeoutMilliseconds: timeout)
    }

    private static func output(
        _ packet: CBOR, _ fields: CallFields, schema: [UInt8]
    ) throws(ChannelViolation) -> WorkerCall {
        let kind = try fields.text("kind")
        let artifact: ReportedOutput.Artifact =
            if kind == "table" {
                .table(
                    engine: try fields.text("engine"), descriptor: try fields.bytes("descriptor"),
                    schema: schema, rows: try fields.integer("rows"),
                    partitions: try fields.integer("partitions"), isInput: packet["alias"]?.asBool ?? false)
            } else {
                .file(kind: kind, path: try fields.text("path"))
            }
        return .output(
            id: try fields.integer("id"), ReportedOutput(name: try fields.text("name"), artifact: artifact))
    }
}

/// Reads the fields of one packet; what is missing or of another type is a violation that names it.
private struct CallFields {
    let map: [String: CBOR]

    init(_ packet: CBOR) throws(ChannelViolation) {
        guard let map = packet.asMap else { throw ChannelViolation("a packet that is no map") }
        self.map = map
    }

    func longText(_ key: String) throws(ChannelViolation) -> String {
        guard let text = map[key]?.asText else { throw ChannelViolation("\(key) is missing or no text") }
        return text
    }

    func text(_ key: String) throws(ChannelViolation) -> String {
        let text = try longText(key)
        guard text.utf8.count <= WorkerCall.textLimit else { throw ChannelViolation("\(key) is too long") }
        return text
    }

    func integer(_ key: String) throws(ChannelViolation) -> Int {
        guard let value = map[key]?.asInt else { throw ChannelViolation("\(key) is missing or no integer") }
        return value
    }

    func boolean(_ key: String) throws(ChannelViolation) -> Bool {
        guard let value = map[key]?.asBool else { throw ChannelViolation("\(key) is missing or no boolean") }
        return value
    }

    func bytes(_ key: String) throws(ChannelViolation) -> [UInt8] {
        guard let value = map[key]?.asBytes else { throw ChannelViolation("\(key) is missing or no bytes") }
        return value
    }

    func expectedMessage() throws(ChannelViolation) -> ExpectedMessage {
        ExpectedMessage(
            name: try text("name"), tag: try text("tag"), role: try text("role"), party: try text("party"))
    }
}
