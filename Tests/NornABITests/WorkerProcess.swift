import Foundation
import NornHost
import NornManifest
import Testing
import WorkerHarness

/// What the tests start: paths of the built products, and start messages.
enum Products {
    static let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    static let worker = folder.appending(path: "norn-worker").path
    static let count = folder.appending(path: "libnorn_count.so").path
    static let fixture = folder.appending(path: "libnorn_test_fixture.so").path
    static let later = folder.appending(path: "libnorn_test_later.so").path
    static let digest: [UInt8] = Array(repeating: 7, count: 32)
}

struct StartMessage {
    var map: [String: CBOR]

    static func plugin(_ path: String) -> CBOR { ["path": .text(path), "sha256": .bytes(Products.digest)] }

    /// A run of a component of the fixture plugin with the fixture's engine.
    static func run(
        _ component: String, plugin: String = Products.fixture, role: String = "guest", party: String = "9999",
        scratch: String, rows: Int = 250
    ) -> StartMessage {
        let attempt: CBOR = [
            "job": "job", "task": "task_0", "component": .text(component), "attempt": 0, "role": .text(role),
            "party": .text(party), "parties": ["guest": ["9999"], "host": ["10000"]],
        ]
        func table(_ index: Int, _ engine: String, _ rows: Int) -> CBOR {
            [
                "name": "data", "index": .int(index), "kind": "table", "rows": .int(rows), "engine": .text(engine),
                "descriptor": .bytes(Array("rows:\(rows)".utf8)), "schema": .bytes([0xa0]),
            ]
        }
        return StartMessage(map: [
            "do": "start", "mode": "run", "attempt": attempt, "component_plugin": Self.plugin(plugin),
            "engine_plugin": Self.plugin(Products.fixture), "engine": "memory",
            "engine_options": .bytes([0xa0]),
            "foreign_engines": [
                [
                    "name": "foreign", "path": .text(Products.fixture), "sha256": .bytes(Products.digest),
                ]
            ],
            "parameters": .bytes(CBOR.map(["note": "a note"]).encoded()),
            "inputs": [table(0, "memory", rows), table(1, "foreign", 7)],
            "outputs": [
                ["name": "same", "kind": "table"], ["name": "new", "kind": "table"],
                ["name": "model", "kind": "model"],
            ],
            "scratch": .text(scratch), "read": [], "cores": 2, "memory_bytes": 268_435_456, "partitions": 2,
            "extensions": ["norn.artifacts", "norn.engine", "norn.federation", "norn.tracking", "norn.workers"],
        ])
    }

    static func kernels() -> StartMessage {
        StartMessage(map: ["do": "start", "mode": "kernels", "component_plugin": plugin(Products.fixture)])
    }

    static func describe(_ path: String) -> StartMessage {
        StartMessage(map: ["do": "start", "mode": "describe", "component_plugin": plugin(path)])
    }

    func with(_ key: String, _ value: CBOR) -> StartMessage {
        var copy = self
        copy.map[key] = value
        return copy
    }
}

/// A folder that goes away with the test.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "norn-abi-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A norn-worker process with its channel and black box.
final class WorkerProcess {
    static let limitMilliseconds: Int32 = 60_000

    let channel: Int32
    let process: pid_t
    private let boxFile: Int32
    let errors: String

    init(scratch: Scratch, argument: String? = nil) throws {
        var ends: [Int32] = [0, 0]
        try #require(harness_channel(&ends) == 0)
        boxFile = harness_memory_file(UInt64(NORN_BLACK_BOX_BYTES))
        errors = scratch.path + "-stderr"
        process = harness_spawn(Products.worker, argument, scratch.path, errors, ends[1], boxFile)
        close(ends[1])
        channel = ends[0]
        try #require(process > 0, "norn-worker cannot be started")
    }

    deinit {
        close(boxFile)
        try? FileManager.default.removeItem(atPath: errors)
    }

    func start(_ message: StartMessage) { TestSite.send(channel, .map(message.map)) }

    /// The process's end: an exit code, or the signal that ended it.
    func wait() -> (code: Int32, signal: Int32) {
        let status = harness_wait(process, Self.limitMilliseconds)
        return (harness_exit_code(status), harness_signal(status))
    }

    /// What the worker left behind.
    func blackBox<Value>(_ read: (norn_black_box) -> Value) throws -> Value {
        let box = try #require(norn_black_box_open(boxFile))
        defer { norn_black_box_close(box) }
        return read(box.pointee)
    }
}

/// Starts one worker for one message and serves it; the worker's number is 0.
func startWorker(
    _ message: StartMessage, scratch: Scratch, role: String = "guest", party: String = "9999"
) throws -> (site: TestSite, worker: WorkerProcess) {
    let site = TestSite()
    let worker = try WorkerProcess(scratch: scratch)
    worker.start(message)
    site.serve(0, channel: worker.channel, role: role, party: party)
    return (site, worker)
}
