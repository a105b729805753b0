import Foundation
import Glibc
import NornABI
import NornHost
import NornKit

/// Tests a component with all its parties in one process, without a site.
///
/// One attempt a party runs through the real host (the code that the worker runs) on a thread of its own; this process is
/// the site of all of them: it routes their messages in memory and gathers what they report.
///
///     let run = try await TestHost(plugin: plugin).run("Scale", parameters: ["factor": 3.0], parties: [
///         TestParty(.guest, "9999", inputs: [.table("data", [("a", 1.0)], schema: schema)]),
///     ])
///     let rows = try await run[.guest].table("data").collect(Double.self)
public struct TestHost: Sendable {
    /// What a run may take before its attempts are cancelled, unless NORN_TEST_TIMEOUT_SECONDS says otherwise: a busy
    /// machine takes longer for the same work.
    public static let defaultTimeoutSeconds = 60.0
    private static let environmentTimeoutSeconds = getenv("NORN_TEST_TIMEOUT_SECONDS").flatMap {
        Double(String(cString: $0))
    }

    private let plugin: PluginTable
    private let engine: String
    private let partitions: Int
    private let cores: Int
    /// What the host grants, by id: all that there are, unless a test withholds some.
    public var extensions = [
        NORN_ARTIFACTS_ID, NORN_ENGINE_ACCESS_ID, NORN_FEDERATION_ID, NORN_TRACKING_ID, NORN_WORKERS_ID,
    ]
    public var timeoutSeconds = TestHost.environmentTimeoutSeconds ?? TestHost.defaultTimeoutSeconds

    /// A component of this image.
    public init(plugin: Plugin, engine: String = "local", partitions: Int = 4, cores: Int = 1) {
        self.init(PluginTable(pointer: plugin.table), engine, partitions, cores)
    }

    /// A built plugin library.
    public init(pluginAt path: String, engine: String = "local", partitions: Int = 4, cores: Int = 1) throws {
        self.init(PluginTable(pointer: try PluginLibrary(path: path).plugin), engine, partitions, cores)
    }

    /// A library product of this package, found beside the test bundle: `norn_toy`.
    public init(product: String, engine: String = "local", partitions: Int = 4, cores: Int = 1) throws {
        try self.init(
            pluginAt: try PluginLibrary.find(product), engine: engine, partitions: partitions, cores: cores)
    }

    /// A plugin that is in this process already.
    public init(table: PluginTable, engine: String = "local", partitions: Int = 4, cores: Int = 1) {
        self.init(table, engine, partitions, cores)
    }

    private init(_ plugin: PluginTable, _ engine: String, _ partitions: Int, _ cores: Int) {
        self.plugin = plugin
        self.engine = engine
        self.partitions = partitions
        self.cores = cores
    }

    /// What a component says of itself, to hold against a manifest: name, roles, inputs, outputs, parameters with their
    /// defaults, kernels.
    public func describe(_ component: String) throws -> CBOR { try plugin.pointer.component(component).describe() }

    /// Runs one attempt at each party at once and waits for all. A component's failure is in its result, not thrown.
    /// - Parameter control: to cancel single parties by
    public func run(
        _ component: String, parameters: [String: CBOR] = [:], parties: [TestParty], control: RunControl = RunControl()
    ) async throws -> TestRun {
        let prepared = try await prepare(component, parameters, parties, control)
        let options = zip(parties, prepared.ends).map { party, end in
            AttemptOptions(channel: end, plugin: party.plugin ?? plugin, engine: prepared.engine.plugin)
        }
        let timeout = UInt64(timeoutSeconds * 1000)
        let site = prepared.site
        // The attempts and the site have threads of their own: the test's task only waits.
        let served = try await withThrowingTaskGroup { group in
            for options in options { group.addTask { await onThread { options.run() } } }
            let served = try await onThread { Result { try site.serve(timeoutMilliseconds: timeout) } }.get()
            try await group.waitForAll()
            return served
        }
        return prepared.run(served.reports, isTimeUp: served.isTimeUp)
    }

    /// The same in a worker process for each party, as a site has it but for the sandbox, with what each took.
    /// - Parameters:
    ///   - library: path of the plugin's library, which the workers load
    ///   - worker: path of norn-worker
    public func runInWorkers(
        _ component: String, library: String, worker: String, parameters: [String: CBOR] = [:], parties: [TestParty]
    ) async throws -> (run: TestRun, measured: [Party: WorkerMeasure]) {
        let prepared = try await prepare(component, parameters, parties, RunControl(), library: library)
        let launches = try zip(parties, prepared.ends).map { party, end in
            (party.party, try WorkerLaunch(program: worker, channel: end))
        }
        let timeout = UInt64(timeoutSeconds * 1000)
        let site = prepared.site
        let (served, measured) = try await withThrowingTaskGroup(of: (Party, WorkerMeasure).self) { group in
            for (party, launch) in launches { group.addTask { (party, await onThread { launch.measure() }) } }
            let served = try await onThread { Result { try site.serve(timeoutMilliseconds: timeout) } }.get()
            var measured: [Party: WorkerMeasure] = [:]
            for try await (party, measure) in group { measured[party] = measure }
            return (served, measured)
        }
        let withPeaks = measured.map { party, measure in
            var measure = measure
            measure.peakBytes = served.reports[party]?.peakBytes ?? 0
            return (party, measure)
        }
        return (prepared.run(served.reports, isTimeUp: served.isTimeUp), Dictionary(uniqueKeysWithValues: withPeaks))
    }

    /// A run that is ready to start: the site's end, and the attempts' ends of the channels.
    private struct Prepared {
        let parties: Parties
        let bench: Workbench
        let scratch: ScratchFolder
        let engine: PluginLibrary
        let site: TestSite
        /// in the order of the parties
        let ends: [Int32]

        func run(_ reports: [Party: TestReport], isTimeUp: Bool) -> TestRun {
            let results = reports.map { party, report in
                (party, TestResult(party: party, error: report.outcome, report: report, bench: bench, scratch: scratch))
            }
            return TestRun(
                results: Dictionary(uniqueKeysWithValues: results), parties: parties, isTimeUp: isTimeUp,
                messages: site.messages)
        }
    }

    private func prepare(
        _ component: String, _ parameters: [String: CBOR], _ parties: [TestParty], _ control: RunControl,
        library: String = ""
    ) async throws -> Prepared {
        let bench = try Workbench(plugin.pointer, component: component, engine: engine, partitions: partitions)
        let scratch = try ScratchFolder()
        let engineLibrary = try PluginLibrary(path: PluginLibrary.find("norn_engine_\(engine)"))
        let all = Parties(parties.map(\.party))
        let outputs = try plugin.pointer.component(component).outputNames()
        var attempts: [TestAttempt] = []
        var ends: [Int32] = []
        for (index, party) in parties.enumerated() {
            let folder = try scratch.folder("party-\(index)")
            let (channel, end) = try TestChannel.pair(scratch: folder)
            let start = StartMessage(
                component: component, party: party.party, parties: all,
                parameters: CBOR.map(parameters).merged(with: party.parameters), library: library, engine: engine,
                enginePath: engineLibrary.path, scratch: folder, partitions: partitions, cores: cores, outputs: outputs,
                extensions: extensions)
            try channel.sendStart(start.message(inputs: try await inputs(of: party, bench, folder)))
            attempts.append(TestAttempt(party: party.party, channel: channel))
            control.attach(party.party, channel)
            ends.append(end)
        }
        return Prepared(
            parties: all, bench: bench, scratch: scratch, engine: engineLibrary,
            site: TestSite(attempts, control: control), ends: ends)
    }

    private func inputs(of party: TestParty, _ bench: Workbench, _ folder: String) async throws -> [CBOR] {
        var entries: [CBOR] = []
        for input in party.inputs {
            let index = entries.count { $0["name"]?.text == input.name }
            var entry: [String: CBOR] = [
                "name": .text(input.name), "index": .int(Int64(index)), "from": .text("test_0.\(input.name)"),
            ]
            switch input.content {
            case .table(let make):
                let table = try await make(bench.tables)
                entry["kind"] = "table"
                entry["rows"] = .int(Int64(table.count))
                entry["engine"] = .text(engine)
                entry["descriptor"] = .bytes(try await bench.publish(table))
                entry["schema"] = .bytes(try table.schema.map { try CBOREncoder().encode($0) } ?? [])
            case .file(let kind, let bytes):
                let path = "\(folder)/input-\(entries.count)"
                guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
                    throw TestHostError("\(path) cannot be written.")
                }
                entry["kind"] = .text(kind.rawValue)
                entry["path"] = .text(path)
            }
            entries.append(.map(entry))
        }
        return entries
    }
}

/// What a plugin offers.
public struct PluginTable: @unchecked Sendable {
    // Sendable: a plugin's table is constant for the process's life.
    public let pointer: UnsafePointer<norn_plugin>

    public init(pointer: UnsafePointer<norn_plugin>) { self.pointer = pointer }
}

private struct AttemptOptions: @unchecked Sendable {
    // Sendable: plugins' tables are constant for the process's life.
    let channel: Int32
    let plugin: PluginTable
    let engine: UnsafePointer<norn_plugin>

    /// Blocks until the attempt has ended; what went wrong is told over its channel.
    func run() {
        var options = norn_attempt_options()
        options.channel_fd = channel
        options.black_box_fd = -1
        options.in_process = true
        options.component_plugin = plugin.pointer
        options.engine_plugin = engine
        try? callHost { norn_attempt_run(&options, $0) }
    }
}

/// Runs a call that blocks on a thread of its own: never on the cooperative pool. The thread has a name, which the threads
/// that a component makes inherit: who looks for those can tell them from a runtime's own.
package func onThread<Result: Sendable>(_ call: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        let thread = Thread {
            nameThread("attempt")
            continuation.resume(returning: call())
        }
        thread.stackSize = 8 << 20
        thread.start()
    }
}

/// Sets the calling thread's own name (proc(5), comm). Foundation names a thread for itself only.
private func nameThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    defer { close(file) }
    _ = name.withCString { write(file, $0, strlen($0)) }
}
