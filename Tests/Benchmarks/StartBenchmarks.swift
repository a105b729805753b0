import Foundation
import Logging
import NornManifest
import NornWorkers
import Synchronization

/// From the request to start a worker, in its sandbox, to the component's `run`.
struct StartBenchmarks {
    static let runs = 50

    let stage: URL

    func run() async throws -> [Measurement] {
        let pythonFolder = FileManager.default.temporaryDirectory.appending(path: "norn-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: pythonFolder) }
        let python = try PythonPlugin.make(in: pythonFolder, stage: stage)
        let digest = String(try Program.run("/usr/bin/sha256sum", [python.path]).prefix(64))
        return [
            measurement("C", atMost: 3, try await starts(library("norn.count"), "CountExample")),
            measurement("Swift", atMost: 6, try await starts(library("norn.evaluation"), "Evaluation")),
            measurement(
                "Python with NumPy", atMost: 60,
                try await starts(library(at: python.path, digest: digest), PythonPlugin.component)),
        ]
    }

    private func measurement(_ language: String, atMost target: Double, _ milliseconds: [Double]) -> Measurement {
        Measurement(
            "worker start to component entry, sandboxed: \(language)", unit: "ms", values: milliseconds,
            target: .atMost(target))
    }

    /// Milliseconds of each run, at a host.
    private func starts(_ library: PluginLibrary, _ component: String) async throws -> [Double] {
        let workers = Workers(
            executable: stage.appending(path: "libexec/norn/norn-worker").path, logger: Logger(label: "bench"))
        let scratch = FileManager.default.temporaryDirectory.appending(path: "norn-bench-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        var milliseconds: [Double] = []
        for run in 0...Self.runs {
            let folder = scratch.appending(path: "\(run)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let start = WorkerStart(
                attempt: AttemptIdentity(job: "bench", task: "start_0", attempt: run, role: "host", party: "10000"),
                component: component, parties: ["guest": ["9999"], "host": ["10000"]],
                componentPlugin: library, enginePlugin: try self.library("norn.engine.local"), engine: "local",
                parameters: CBOR.map([:]).encoded(), scratch: folder.path,
                extensions: ["norn.artifacts", "norn.engine", "norn.federation", "norn.tracking", "norn.workers"],
                outputFile: folder.appending(path: "output").path)
            let services = EntryClock()
            let begin = ContinuousClock.now
            let end = await workers.run(start, services: services)
            guard let entered = services.entered.withLock({ $0 }) else {
                throw BenchmarkFailure("\(component) was never entered: \(end)")
            }
            // The first start warms the page cache.
            if run > 0 { milliseconds.append(Double((entered - begin).components.attoseconds) / 1e15) }
        }
        return milliseconds
    }

    private func library(_ plugin: String) throws -> PluginLibrary {
        let folder = stage.appending(path: "lib/norn/plugins/\(plugin)")
        guard
            let manifest = try JSONSerialization.jsonObject(
                with: Data(contentsOf: folder.appending(path: "manifest.json"))) as? [String: Any],
            let entry = (manifest["libraries"] as? [[String: Any]])?.first,
            let name = entry["path"] as? String, let digest = entry["sha256"] as? String
        else { throw BenchmarkFailure("\(plugin) has no manifest with a library") }
        return try library(at: folder.appending(path: name).path, digest: digest)
    }

    private func library(at path: String, digest: String) throws -> PluginLibrary {
        var status = stat()
        guard stat(path, &status) == 0 else { throw BenchmarkFailure("no library \(path)") }
        let digits = Array(digest)
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        return PluginLibrary(
            path: path, digest: bytes,
            identity: FileIdentity(
                device: Int(status.st_dev), inode: Int(status.st_ino), byteCount: Int(status.st_size),
                modifiedNanoseconds: Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)))
    }
}

/// Notes when the component is entered; everything else is refused, since nothing after it is measured.
private final class EntryClock: AttemptServices {
    let entered = Mutex<ContinuousClock.Instant?>(nil)

    func phase(_ phase: WorkerPhase) async {
        guard phase == .running else { return }
        entered.withLock { $0 = ContinuousClock.now }
    }

    func log(_ severity: LogSeverity, _ text: String) async {}
    func metric(_ metric: [UInt8]) async {}
    func progress(done: Int, total: Int, text: String) async {}
    func summary(_ summary: [UInt8]) async {}
    func model(name: String, _ model: [UInt8]) async {}
    func drop(ticket: Int) async {}
    func output(_ output: ReportedOutput) async throws(AttemptError) {}

    func send(_ message: OutgoingMessage) async throws(AttemptError) {}
    func post(_ message: ExpectedMessage) async throws(AttemptError) -> Int { throw Self.refusal }
    func wait(tickets: [Int], mode: WaitMode, timeoutMilliseconds: Int?) async throws(AttemptError) -> [Bool] {
        throw Self.refusal
    }
    func take(ticket: Int) async throws(AttemptError) -> TakenMessage { throw Self.refusal }

    private static let refusal = AttemptError(
        code: .unavailable, domain: "bench", message: "only the start is measured")
}
