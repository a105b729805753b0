import Foundation
import NornManifest
import NornWorkers

/// Which lines of a job's logs are wanted.
public struct LogFilter: Sendable {
    public var task: String?
    public var role: String?
    public var party: String?
    public var attempt: AttemptChoice
    /// At least this level.
    public var level: String?
    /// The last so many.
    public var lines: Int

    public init(
        task: String?, role: String?, party: String?, attempt: AttemptChoice = .newest, level: String?, lines: Int
    ) {
        self.task = task
        self.role = role
        self.party = party
        self.attempt = attempt
        self.level = level
        self.lines = lines
    }
}

/// The log of one attempt: a file of JSON lines, rotated and capped.
final class AttemptLog: Sendable {
    static let fileName = "attempt.log"
    static let lineBytesMaximum = 16_384

    private let file: RotatingLog

    init(folder: URL, settings: SiteSettings.Logs) throws {
        file = try RotatingLog(
            folder.appending(path: Self.fileName), megabytes: settings.attemptMegabytes, filesKept: settings.files)
    }

    func write(_ severity: LogSeverity, _ text: String) {
        let line: JSON = [
            "time": .int(Int(Clocks.wallMilliseconds())), "level": .string(severity.name),
            "text": .string(String(text.prefix(Self.lineBytesMaximum))),
        ]
        file.write(line: line.text())
    }
}

extension LogSeverity {
    var name: String {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        case .hostFault: "host_fault"
        case .pluginFault: "plugin_fault"
        }
    }

    init?(name: String) {
        guard let severity = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = severity
    }
}

/// Reads the logs of a job's attempts from its folders: `<job>/<role>_<party>/<task>/<attempt>/log/`.
struct LogReader {
    static let filesMaximum = 10_000

    let home: SiteHome
    /// The jobs that ran tasks which this one inherited, by task.
    var origins: [String: String] = [:]

    func read(job: String, _ filter: LogFilter) throws -> LogView {
        let least = try filter.level.map { name in
            guard let severity = LogSeverity(name: name) else {
                throw SiteError.invalid(
                    "level is debug, info, warning or error, not \(name.prefix(40))", field: "level")
            }
            return severity
        }
        var lines: [LogView.Line] = []
        let inherited = Set(origins.values).flatMap { source in files(source).filter { origins[$0.task] == source } }
        let all = (files(job) + inherited).filter(filter.matches)
        for file in filter.attempt.among(all, of: all) {
            lines += read(file, least: least)
        }
        lines.sort { $0.time < $1.time }
        return LogView(lines: Array(lines.suffix(filter.lines)))
    }

    struct File {
        var url: URL
        var role: String
        var party: String
        var task: String
        var attempt: Int
    }

    private func files(_ job: String) -> [File] {
        let base = home.jobs.appending(path: job)
        guard let walk = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
        var found: [File] = []
        for case let url as URL in walk where url.lastPathComponent.hasPrefix(AttemptLog.fileName) {
            let parts = url.pathComponents.suffix(5)
            guard parts.count == 5, let attempt = Int(parts[parts.startIndex + 2]) else { continue }
            let place = parts[parts.startIndex].split(separator: "_", maxSplits: 1).map(String.init)
            guard place.count == 2 else { continue }
            found.append(
                File(url: url, role: place[0], party: place[1], task: parts[parts.startIndex + 1], attempt: attempt))
            if found.count == Self.filesMaximum { break }
        }
        // Older files of a rotation first, so that equal times keep their order.
        return found.sorted { $0.url.path > $1.url.path }
    }

    private func read(_ file: File, least: LogSeverity?) -> [LogView.Line] {
        guard let text = try? String(contentsOf: file.url, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").compactMap { line in
            guard let value = try? JSON(parsing: String(line)), let time = value["time"]?.asInt,
                let level = value["level"]?.asString, let text = value["text"]?.asString
            else { return nil }
            if let least, let severity = LogSeverity(name: level), severity < least { return nil }
            return LogView.Line(
                time: Int64(time), level: level, task: file.task, attempt: file.attempt, role: file.role,
                party: file.party, text: text)
        }
    }
}

extension LogFilter {
    fileprivate func matches(_ file: LogReader.File) -> Bool {
        (task == nil || task == file.task) && (role == nil || role == file.role)
            && (party == nil || party == file.party)
    }
}
