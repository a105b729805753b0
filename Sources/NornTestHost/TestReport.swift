import Glibc
import NornKit

/// A line of an attempt's log.
public struct LogLine: Sendable, Hashable {
    /// 0 debug, 1 info, 2 warning, 3 error, 4 the host's fault, 5 the plugin's fault
    public let severity: Int
    public let text: String
}

/// A table that an attempt handed out.
struct OutputTable: Sendable {
    let descriptor: [UInt8]
    let schema: TableSchema?
    let rows: Int
}

/// What one attempt told its site.
struct TestReport: Sendable {
    var log: [LogLine] = []
    var metrics: [CBOR] = []
    var progress: [(done: Int, total: Int, text: String)] = []
    var summary: CBOR = [:]
    var modelViews: [String: CBOR] = [:]
    var tables: [String: OutputTable] = [:]
    var files: [String: String] = [:]
    /// what the attempt's process took at most, all parties' when they share one
    var peakBytes = 0
    /// nil until the attempt has told its end
    var status: Int?
    var error: ComponentError?

    var hasFailed: Bool { status.map { $0 != 0 } ?? false }

    /// A one-way packet.
    mutating func take(_ packet: CBOR, _ payload: Payload) {
        switch packet["call"]?.text {
        case "log": log.append(LogLine(severity: packet["level"]?.int ?? 1, text: packet["text"]?.text ?? ""))
        case "metric": if let value = value(payload) { metrics.append(value) }
        case "summary": if let value = value(payload) { summary = value }
        case "model": if let value = value(payload) { modelViews[packet["name"]?.text ?? ""] = value }
        case "progress":
            progress.append((packet["done"]?.int ?? 0, packet["total"]?.int ?? 0, packet["text"]?.text ?? ""))
        case "usage": peakBytes = packet["peak_memory_bytes"]?.int ?? 0
        case "end":
            status = packet["status"]?.int
            if hasFailed { error = failure(packet) }
        default: break
        }
        if case .file(let descriptor, _) = payload { close(descriptor) }
    }

    private func failure(_ packet: CBOR) -> ComponentError {
        let flags = packet["error"]?["flags"]?.int ?? 0
        let fault = [ComponentError.Fault.user, .peer, .host].first { flags & Int($0.rawValue) != 0 } ?? .none
        return ComponentError(
            ComponentError.Code(rawValue: UInt32(status ?? 0)) ?? .unknown,
            packet["error"]?["message"]?.text ?? "", fault: fault, isRetryable: flags & 1 != 0)
    }

    mutating func takeOutput(_ packet: CBOR) {
        let name = packet["name"]?.text ?? ""
        if packet["kind"]?.text == "table" {
            let schema = (packet["schema"]?.bytes).flatMap { try? CBORDecoder().decode(TableSchema.self, from: $0) }
            tables[name] = OutputTable(
                descriptor: packet["descriptor"]?.bytes ?? [], schema: schema, rows: packet["rows"]?.int ?? 0)
        } else {
            files[name] = packet["path"]?.text ?? ""
        }
    }

    private func value(_ payload: Payload) -> CBOR? {
        switch payload {
        case .bytes(let bytes): return try? CBOR(decoding: bytes)
        case .file(let descriptor, let count):
            var bytes = [UInt8](repeating: 0, count: count)
            let read = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, 0) }
            return read == count ? try? CBOR(decoding: bytes) : nil
        }
    }
}

extension TestReport {
    /// nil: the attempt succeeded. One that never told its end was lost.
    var outcome: ComponentError? {
        if status == nil { return ComponentError(.aborted, "The attempt ended without telling how.", fault: .host) }
        return error
    }
}
