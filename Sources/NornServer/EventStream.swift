import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NornSite

/// Server-sent events of one job, from the log in the store: nothing is lost, whenever the client comes.
enum EventStream {
    static let batch = 200
    static let heartbeatSeconds = 15
    private static let end = "event: end\ndata: {}\n\n"

    /// Whether the stream's token is still one: a revoked one sees nothing more, also on a stream that is open.
    private static func isKnown(_ secret: String?, at site: Site) async throws -> Bool {
        guard let secret else { return true }
        return try await site.tokens.caller(secret: secret) != nil
    }

    static func response(_ call: APIRequest, job: String) async throws -> Response {
        let site = call.site
        _ = try await site.jobSummary(job, call.caller)
        let last = call.request.headers[.lastEventID].flatMap { Int64($0) }
        let secret = CallerMiddleware.secret(of: call.request)
        let after = try last ?? call.integer("after", in: 0...Int.max).map(Int64.init) ?? 0
        let body = ResponseBody { writer in
            var sequence = after
            var progress = ""
            let wakes = Wakes(site.feed.wakes(of: job), heartbeatSeconds: heartbeatSeconds)
            var iterator = wakes.stream.makeAsyncIterator()
            while try await Self.isKnown(secret, at: site) {
                let events = try await site.events(after: sequence, job: job, limit: batch, call.caller)
                for event in events {
                    let data = String(decoding: try JSONEncoder().encode(event), as: UTF8.self)
                    try await writer.write(
                        ByteBuffer(string: "id: \(event.sequence)\nevent: \(event.kind)\ndata: \(data)\n\n"))
                    sequence = event.sequence
                }
                guard events.isEmpty else { continue }
                let now = try await site.progressText(job: job, call.caller)
                if now != progress {
                    progress = now
                    try await writer.write(ByteBuffer(string: "event: progress\ndata: \(now)\n\n"))
                }
                if try await site.jobSummary(job, call.caller).ended != nil {
                    try await writer.write(ByteBuffer(string: end))
                    break
                }
                guard let wake = await iterator.next() else {
                    try await writer.write(ByteBuffer(string: end))
                    break
                }
                if wake == .heartbeat { try await writer.write(ByteBuffer(string: ": alive\n\n")) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }
}

extension HTTPField.Name {
    // The name holds only letters and dashes, which is all that the initializer checks.
    static let lastEventID = HTTPField.Name("Last-Event-ID")!
}

/// Wakes of the site's feed, and a heartbeat so that a broken connection is noticed.
private struct Wakes {
    enum Kind: Sendable { case change, heartbeat }

    let stream: AsyncStream<Kind>

    init(_ feed: AsyncStream<Void>, heartbeatSeconds: Int) {
        stream = AsyncStream(bufferingPolicy: .bufferingNewest(2)) { continuation in
            let changes = Task {
                for await _ in feed { continuation.yield(.change) }
                continuation.finish()
            }
            let beats = Task {
                while !Task.isCancelled {
                    try await Task.sleep(for: .seconds(heartbeatSeconds))
                    continuation.yield(.heartbeat)
                }
            }
            continuation.onTermination = { _ in
                changes.cancel()
                beats.cancel()
            }
        }
    }
}
