import Foundation
import NornABI
import NornKit

/// Rule 902: kernels run again in another process, which has the same library at other addresses.
struct RemoteReplay {
    static let secondsMaximum = 60

    let plugin: CheckedPlugin
    let teller: Teller

    func compare(_ recordings: [(component: String, recording: KernelRecording)], _ findings: inout Findings) throws {
        let kept = recordings.filter { !$0.recording.isCut }
        let file = FileManager.default.temporaryDirectory.appending(path: "norn-kernels-\(UUID().uuidString)")
        let answer = file.appendingPathExtension("out")
        defer { for url in [file, answer] { try? FileManager.default.removeItem(at: url) } }
        let orders = CBOR.array(kept.map { RecordingFile.encode($0.component, $0.recording) })
        try Data(orders.encoded()).write(to: file)
        teller.at("running kernels in another process")
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe")
        process.arguments = ["replay", plugin.library, file.path, answer.path]
        // What the plugin has done to this process's environment is not handed on.
        process.environment = ["SWIFT_BACKTRACE": "enable=no", "NORN_CHECK": "another process"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            return findings.fail("in another process its kernels end it (status \(process.terminationStatus))")
        }
        let outcomes = try CBOR(decoding: Array(Data(contentsOf: answer))).array ?? []
        for (given, remote) in zip(kept, outcomes) {
            let local = RecordingFile.encode(KernelReplay.whole(given.recording))
            if local != remote {
                findings.fail(
                    "\(given.component)'s kernel \(given.recording.name) gives something else in another process")
            }
        }
    }

    /// What the other process does.
    static func serve(_ arguments: [String]) throws {
        guard arguments.count == 3 else { throw TrialError("replay needs a library and two files") }
        let table = try LoadedPlugin(path: arguments[0]).enter()
        let orders = try CBOR(decoding: Array(Data(contentsOf: URL(filePath: arguments[1])))).array ?? []
        let outcomes = try orders.map { RecordingFile.encode(KernelReplay.whole(try RecordingFile.decode($0, table))) }
        try Data(CBOR.array(outcomes).encoded()).write(to: URL(filePath: arguments[2]))
    }
}

/// Recordings as they go to the other process, and what comes back.
enum RecordingFile {
    static func encode(_ component: String, _ recording: KernelRecording) -> CBOR {
        [
            "component": .text(component), "kernel": .text(recording.name), "closure": .bytes(recording.closure),
            "partition": .int(Int64(recording.partition)), "partitions": .int(Int64(recording.partitions)),
            "steps": .array(recording.steps.map { .array([encode($0.left), encode($0.right)]) }),
        ]
    }

    static func encode(_ outcome: KernelReplay.Outcome) -> CBOR {
        [
            "status": .int(Int64(outcome.status)), "message": .text(outcome.message), "frozen": .bytes(outcome.frozen),
            "emitted": encode(RecordedBatch(rows: outcome.emitted)),
        ]
    }

    private static func encode(_ batch: RecordedBatch?) -> CBOR {
        guard let batch else { return .null }
        return .array(
            batch.rows.map { row in
                .array([.bytes(row.key), .bytes(row.value), row.isValid.map { .bool($0) } ?? .null])
            })
    }

    static func decode(_ order: CBOR, _ table: UnsafePointer<norn_plugin>) throws -> KernelRecording {
        let component = table.components.first { $0.pointee.name.trialText == order["component"]?.text }
        let kernels = component.map { component in
            (0..<Int(component.pointee.kernel_count)).compactMap { component.pointee.kernels?[$0] }
        }
        guard let kernel = kernels?.first(where: { $0.pointee.name.trialText == order["kernel"]?.text }) else {
            throw TrialError("the other process has no such kernel")
        }
        var recording = KernelRecording(
            kernel: kernel, closure: order["closure"]?.bytes ?? [], partition: UInt32(order["partition"]?.int ?? 0),
            partitions: UInt32(order["partitions"]?.int ?? 1))
        recording.steps = (order["steps"]?.array ?? []).map { step in
            KernelRecording.Step(left: decode(step.array?[0]), right: decode(step.array?[1]))
        }
        return recording
    }

    private static func decode(_ batch: CBOR?) -> RecordedBatch? {
        guard let rows = batch?.array else { return nil }
        return RecordedBatch(
            rows: rows.map { row in
                let fields = row.array ?? []
                return RecordedBatch.Row(
                    key: fields.first?.bytes ?? [], value: fields.count > 1 ? fields[1].bytes ?? [] : [],
                    isValid: fields.count > 2 ? fields[2].bool : nil)
            })
    }
}
