import Foundation
import Logging
import Synchronization

/// A log file that is rotated at its cap: `server.log`, `server.log.1`, … The oldest goes.
public final class RotatingLog: Sendable {
    private struct State {
        var descriptor: Int32
        var bytes: Int
    }

    private let state: Mutex<State>
    private let url: URL
    private let bytesMaximum: Int
    private let filesKept: Int

    public init(_ url: URL, megabytes: Int, filesKept: Int) throws {
        self.url = url
        bytesMaximum = max(megabytes, 1) * 1_048_576
        self.filesKept = max(filesKept, 0)
        let opened = try Self.open(url)
        state = Mutex(opened)
    }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        close(descriptor)
    }

    private static func open(_ url: URL) throws -> State {
        let descriptor = Foundation.open(url.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SiteError("log_not_opened", "The log file \(url.path) cannot be opened: \(String(cString: strerror(errno)))")
        }
        return State(descriptor: descriptor, bytes: max(0, Int(lseek(descriptor, 0, SEEK_END))))
    }

    /// Appends one line, whole, and rotates before it when the file is full.
    public func write(line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        state.withLock { state in
            if state.bytes > 0, state.bytes + bytes.count > bytesMaximum, let fresh = rotate() {
                close(state.descriptor)
                state = fresh
            }
            let written = bytes.withUnsafeBytes { Foundation.write(state.descriptor, $0.baseAddress, $0.count) }
            if written > 0 { state.bytes += written }
        }
    }

    private func rotate() -> State? {
        if filesKept == 0 {
            unlink(url.path)
        } else {
            for number in stride(from: filesKept - 1, through: 1, by: -1) {
                rename("\(url.path).\(number)", "\(url.path).\(number + 1)")
            }
            rename(url.path, "\(url.path).1")
        }
        return try? Self.open(url)
    }
}

/// The server's log: to standard error for the person who started it, and to the home's file.
public struct SiteLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var logLevel: Logger.Level = .info
    private let label: String
    private let file: RotatingLog?

    public init(label: String, file: RotatingLog?) {
        self.label = label
        self.file = file
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let line = "\(Self.timestamp()) \(event.level) \(label): \(event.message)\(details)"
        file?.write(line: line)
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// ISO 8601 in UTC with milliseconds.
    static func timestamp() -> String {
        let milliseconds = Clocks.wallMilliseconds()
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec, Int(milliseconds % 1000))
    }
}
