import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NornManifest
import NornSite

/// Follows a job's server-sent events to its end. On a terminal the tasks are bars that move; elsewhere each change is
/// a line.
struct Watcher: Sendable {
    static let reconnectMilliseconds = 200
    static let reconnectsMaximum = 50
    static let streamSeconds: Int64 = 30 * 86_400

    var client: SiteClient
    var job: String
    var quiet = false

    func follow() async throws -> JobDetail {
        let screen = TaskScreen(mode: quiet ? .nothing : Printing.isTerminal ? .bars : .lines)
        var last = 0
        for _ in 0..<Self.reconnectsMaximum {
            last = try await read(after: last, screen)
            let detail = try await detail()
            screen.show(detail)
            if detail.summary.ended != nil { return detail }
            try await Task.sleep(for: .milliseconds(Self.reconnectMilliseconds))
        }
        throw SiteError("unreachable", "The server ends the stream of events again and again")
    }

    private func detail() async throws -> JobDetail {
        try await client.get(JobDetail.self, SiteClient.path("jobs", job))
    }

    /// Reads events until the stream ends; answers the number of the last one.
    private func read(after: Int, _ screen: TaskScreen) async throws -> Int {
        let path = SiteClient.path("jobs", job, "events", query: ["after": String(after)])
        let response = try await client.send(client.request(.GET, path), seconds: Self.streamSeconds)
        var last = after
        var parser = EventParser()
        do {
            for try await buffer in response.body {
                let messages = parser.feed(Array(buffer.readableBytesView))
                guard !messages.isEmpty else { continue }
                for message in messages where message.id != nil { last = message.id ?? last }
                if messages.contains(where: { $0.event == "end" }) { return last }
                screen.show(try await detail())
            }
        } catch let error as SiteError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            // The connection broke: the caller goes on after the last event that arrived.
        }
        return last
    }
}

/// Cuts a stream of bytes into server-sent events.
struct EventParser {
    struct Message {
        var id: Int?
        var event = ""
        var data = ""
    }

    private var pending: [UInt8] = []

    mutating func feed(_ bytes: [UInt8]) -> [Message] {
        pending += bytes
        var messages: [Message] = []
        while let end = pending.firstRange(of: [10, 10]) {
            let text = String(decoding: pending[..<end.lowerBound], as: UTF8.self)
            pending.removeSubrange(..<end.upperBound)
            var message = Message()
            for line in text.split(separator: "\n") {
                guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { continue }
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                switch line[..<colon] {
                case "id": message.id = Int(value)
                case "event": message.event = String(value)
                case "data": message.data += value
                default: break
                }
            }
            if !message.event.isEmpty { messages.append(message) }
        }
        return messages
    }
}

/// Prints the tasks of a job as they move.
final class TaskScreen {
    enum Mode { case nothing, lines, bars }

    static let barWidth = 24

    private let mode: Mode
    private var linesDrawn = 0
    private var known: [String: String] = [:]

    init(mode: Mode) {
        self.mode = mode
    }

    func show(_ detail: JobDetail) {
        switch mode {
        case .nothing: break
        case .lines: printChanges(detail)
        case .bars: draw(detail)
        }
    }

    private func printChanges(_ detail: JobDetail) {
        for task in detail.tasks where known[task.task] != task.status {
            known[task.task] = task.status
            if task.status != "waiting" { print("\(task.task) \(task.status)") }
        }
        if let waiting = detail.summary.waiting, known[""] != waiting {
            known[""] = waiting
            print("waiting: \(waiting)")
        }
    }

    private func draw(_ detail: JobDetail) {
        var text = linesDrawn > 0 ? "\u{1B}[\(linesDrawn)A" : ""
        let width = detail.tasks.map(\.task.count).max() ?? 0
        var lines = detail.tasks.map { line($0, width: width) }
        if let waiting = detail.summary.waiting { lines.append("waiting: \(waiting)") }
        while lines.count < linesDrawn { lines.append("") }
        for line in lines { text += "\r\u{1B}[K\(line)\n" }
        linesDrawn = lines.count
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    private func line(_ task: TaskView, width: Int) -> String {
        let name = task.task.padding(toLength: width, withPad: " ", startingAt: 0)
        let shares = task.parties.compactMap(\.progress).filter { $0.total > 0 }.map {
            Double($0.done) / Double($0.total)
        }
        let share = task.status == "success" ? 1 : shares.isEmpty ? 0 : shares.reduce(0, +) / Double(shares.count)
        let full = Int((min(max(share, 0), 1) * Double(Self.barWidth)).rounded())
        let bar = String(repeating: "█", count: full) + String(repeating: "·", count: Self.barWidth - full)
        let time = task.started.map { started in (task.ended ?? Clocks.wallMilliseconds()) - started }
        let text = task.parties.compactMap(\.progress?.text).first { !$0.isEmpty } ?? ""
        return "\(name)  \(bar)  \(task.status)  \(time.map(Printing.duration) ?? "")  \(text)"
    }
}
