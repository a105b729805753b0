import Foundation

/// A site of the staged tree, with a home of its own that goes with it.
final class SiteProcess {
    static let startSecondsMaximum = 30.0

    let process = Process()
    private let input = Pipe()
    let home: URL
    let stage: URL
    let calls: SiteCalls

    /// - Parameters:
    ///   - arguments: of `norn serve`, besides home and a free port.
    ///   - settings: the home's `site.yaml`.
    ///   - prepare: runs before the start, with the home.
    init(
        stage: URL, arguments: [String] = [], settings: String = "", prepare: (URL) throws -> Void = { _ in }
    ) throws {
        self.stage = stage
        home = FileManager.default.temporaryDirectory.appending(path: "norn-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        try Data(settings.utf8).write(to: home.appending(path: "site.yaml"))
        try prepare(home)
        process.executableURL = stage.appending(path: "bin/norn")
        // It ends with this process, however that ends: its input closes.
        process.arguments = ["serve", "--home", home.path, "--port", "0", "--while-input-is-open"] + arguments
        process.standardInput = input
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        calls = try Self.waitUntilServing(home, process)
    }

    func end() {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: home)
    }

    /// Ends it at once, with all that it runs.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: home)
    }

    /// Memory of the server that is in use, in megabytes.
    func residentMegabytes() throws -> Double {
        let status = try String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").compactMap({ Double($0) }).first
        else { throw BenchmarkFailure("no VmRSS of the server") }
        return kilobytes / 1024
    }

    /// Processor time since the start, in seconds.
    struct Used {
        var server: Double
        /// Of those that have ended.
        var workers: Double
    }

    /// Processor time of the server since its start, in seconds; its workers are not counted.
    func processorSeconds() throws -> Double { try used().server }

    func used() throws -> Used {
        let line = try String(contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
        // The name stands in parentheses and may hold spaces; the 14th to 17th fields are user and system time of the
        // process, then of the children that it has waited for. What is no number, as the state, is left out here.
        let fields = line.split(separator: ")").last?.split(separator: " ").compactMap { Double($0) } ?? []
        guard fields.count > 13 else { throw BenchmarkFailure("no processor time of the server") }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return Used(server: (fields[10] + fields[11]) / ticks, workers: (fields[12] + fields[13]) / ticks)
    }

    private static func waitUntilServing(_ home: URL, _ process: Process) throws -> SiteCalls {
        let file = home.appending(path: "run/site.json")
        let deadline = Date(timeIntervalSinceNow: startSecondsMaximum)
        while Date() < deadline {
            if let data = try? Data(contentsOf: file),
                let site = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let address = site["address"] as? String, let tokenFile = site["token_file"] as? String,
                let token = try? String(contentsOfFile: tokenFile, encoding: .utf8)
            {
                return SiteCalls(address: address, token: token.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            guard process.isRunning else { throw BenchmarkFailure("the server ended while it started") }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw BenchmarkFailure("the server did not start in \(startSecondsMaximum) s")
    }
}
