import Foundation
import Logging
import Synchronization

@testable import NornWorkers

/// A site that writes down what a worker tells it, and serves what a test lays out.
final class RecordingServices: AttemptServices {
    struct Record: Sendable {
        var told: [String] = []
        var sent: [OutgoingMessage] = []
        var phase: WorkerPhase?
        var waitWasCancelled = false
    }

    let record = Mutex(Record())
    private let incoming: Payload
    private let refusal: AttemptError?
    private let toldMilliseconds: Int

    init(incoming: Payload = .bytes([]), refusal: AttemptError? = nil, toldMilliseconds: Int = 0) {
        self.incoming = incoming
        self.refusal = refusal
        self.toldMilliseconds = toldMilliseconds
    }

    var told: [String] { record.withLock { $0.told } }
    var sent: [OutgoingMessage] { record.withLock { $0.sent } }

    /// Returns when the worker has said that it runs.
    func running() async {
        while record.withLock({ $0.phase }) != .running { try? await Task.sleep(for: .milliseconds(2)) }
    }

    private func tell(_ text: String) { record.withLock { $0.told.append(text) } }

    func log(_ severity: LogSeverity, _ text: String) async {
        if toldMilliseconds > 0 { try? await Task.sleep(for: .milliseconds(toldMilliseconds)) }
        tell("\(severity) \(text)")
    }
    func metric(_ metric: [UInt8]) async { tell("metric \(metric)") }
    func progress(done: Int, total: Int, text: String) async { tell("progress \(done)/\(total) \(text)") }
    func summary(_ summary: [UInt8]) async { tell("summary \(summary)") }
    func model(name: String, _ model: [UInt8]) async { tell("model \(name) \(model)") }
    func phase(_ phase: WorkerPhase) async { record.withLock { $0.phase = phase } }

    func send(_ message: OutgoingMessage) async throws(AttemptError) {
        if let refusal { throw refusal }
        record.withLock { $0.sent.append(message) }
    }

    func post(_ message: ExpectedMessage) async throws(AttemptError) -> Int { 41 }

    func wait(tickets: [Int], mode: WaitMode, timeoutMilliseconds: Int?) async throws(AttemptError) -> [Bool] {
        if timeoutMilliseconds == nil {
            try? await Task.sleep(for: .seconds(600))
            record.withLock { $0.waitWasCancelled = Task.isCancelled }
        }
        return tickets.map { $0 == 41 }
    }

    func take(ticket: Int) async throws(AttemptError) -> TakenMessage {
        TakenMessage(payload: incoming, isTable: false)
    }

    func drop(ticket: Int) async { tell("drop \(ticket)") }
    func output(_ output: ReportedOutput) async throws(AttemptError) { tell("output \(output.name)") }
}

/// A folder for one test with a worker that follows a script.
struct Scene: ~Copyable {
    let folder: String
    let workers: Workers

    init() throws {
        folder = NSTemporaryDirectory() + "norn-workers-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "norn-scripted-worker").path
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        workers = Workers(executable: executable, logger: logger)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var prints: String { (try? String(contentsOfFile: folder + "/prints", encoding: .utf8)) ?? "" }

    static let library = PluginLibrary(path: "/nowhere/libscript.so", digest: [UInt8](repeating: 0xAB, count: 32))

    /// The start of a worker that plays this script.
    func start(_ script: String, graceMilliseconds: Int = 5000, parameters: [UInt8] = [0xA0]) -> WorkerStart {
        WorkerStart(
            attempt: AttemptIdentity(job: "j", task: "t_0", attempt: 0, role: "guest", party: "9999"),
            component: script, parties: ["guest": ["9999"], "host": ["1"]], componentPlugin: Self.library,
            enginePlugin: Self.library, engine: "local", parameters: parameters, scratch: folder,
            graceMilliseconds: graceMilliseconds, outputFile: folder + "/prints")
    }
}
