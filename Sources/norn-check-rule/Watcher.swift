import Glibc
import NornABI
import NornInterposer
import NornKit
import NornTestHost
import Synchronization

/// Sees every call that one party's attempt makes to its host and engine, and may fail one or have the attempt cancelled
/// at one.
final class Watcher: @unchecked Sendable {
    // Sendable: what changes is in `state`; the closures are set before the run starts.

    /// What is done when the k-th call comes; k counts from 1 among the calls that may fail.
    enum Plan: Sendable {
        case nothing
        case fail(call: Int)
        case cancel(call: Int)
    }

    struct Call: Sendable {
        let name: String
        let detail: String
        let canFail: Bool
    }

    struct State: Sendable {
        /// Calls so far, in order; at most `callsMaximum` are kept.
        var calls: [Call] = []
        var callCount = 0
        /// Calls that may fail.
        var failableCount = 0
        var target: Call?
        var isCancelled = false
        /// Calls that were answered with NORN_CANCELLED.
        var refusedCount = 0
        var cancelMilliseconds: UInt64?
        var returnMilliseconds: UInt64?
        var status: norn_status?
        var message = ""
        var isRunning = false
        var isDestroyed = false
        var callsAfterDestroy: [String] = []
        var recordings: [KernelRecording] = []
        var recordedBytes = 0
    }

    static let callsMaximum = 20_000
    /// How long a cancel order may take to become the task's flag before the call is passed on anyway.
    static let flagMilliseconds: UInt64 = 10_000

    let party: Party
    let plan: Plan
    let records: Bool
    private let control: RunControl
    private let state = Mutex(State())
    /// Set in `created`, before run; read by calls of the same attempt.
    private nonisolated(unsafe) var cancelFlag: UnsafePointer<UInt32>?

    init(party: Party, plan: Plan = .nothing, records: Bool = false, control: RunControl) {
        self.party = party
        self.plan = plan
        self.records = records
        self.control = control
    }

    var seen: State { state.withLock { $0 } }

    /// The plugin, watched by this watcher, which then lives as long as the process.
    func interpose(_ plugin: UnsafePointer<norn_plugin>) throws -> PluginTable {
        var watcher = norn_watcher(
            context: Unmanaged.passRetained(self).toOpaque(),
            before_call: { context, call, detail, canFail, error in
                Watcher.of(context).before(
                    Call(name: call.map { String(cString: $0) } ?? "", detail: detail.trialText, canFail: canFail),
                    error)
            },
            created: { context, task in Watcher.of(context).created(task) },
            returned: { context, status, error in Watcher.of(context).returned(status, error) },
            destroyed: { context in Watcher.of(context).state.withLock { $0.isDestroyed = true } },
            kernel_opened: { context, kernel, closure, partition, partitions in
                Watcher.of(context).opened(kernel, closure, partition, partitions)
            },
            kernel_stepped: { context, run, left, right in Watcher.of(context).stepped(run, left, right) })
        guard let table = norn_interpose(plugin, &watcher) else {
            throw TrialError("there is no memory to watch it with")
        }
        return PluginTable(pointer: table)
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> Watcher {
        guard let context else { preconditionFailure("A watcher's context is set by interpose.") }
        return Unmanaged<Watcher>.fromOpaque(context).takeUnretainedValue()
    }

    private func created(_ task: UnsafePointer<norn_task>?) {
        cancelFlag = task?.pointee.cancel_flag.map { UnsafePointer($0) }
        state.withLock { $0.isRunning = true }
    }

    private func returned(_ status: norn_status, _ error: UnsafePointer<norn_error>?) {
        let now = TrialClock.milliseconds
        state.withLock {
            $0.isRunning = false
            $0.status = status
            $0.returnMilliseconds = now
            $0.message = status == NORN_OK ? "" : error?.pointee.text ?? ""
        }
    }

    private func before(_ call: Call, _ error: UnsafeMutablePointer<norn_error>?) -> norn_status {
        enum Action { case pass, fail, cancel, refuse }
        let action = state.withLock { state -> Action in
            state.callCount += 1
            if call.canFail { state.failableCount += 1 }
            if state.calls.count < Self.callsMaximum { state.calls.append(call) }
            if state.isDestroyed { state.callsAfterDestroy.append(call.name) }
            guard call.canFail else { return .pass }
            if state.isCancelled, Self.endsWithCancel(call) {
                state.refusedCount += 1
                return .refuse
            }
            switch plan {
            case .fail(let number) where number == state.failableCount:
                state.target = call
                return .fail
            case .cancel(let number) where number == state.failableCount:
                state.target = call
                return .cancel
            default: return .pass
            }
        }
        switch action {
        case .pass: return NORN_OK
        case .fail: return Self.refuse(.internal, "The conformance kit fails \(call.name) here.", error)
        case .refuse: return Self.refuse(.cancelled, "the attempt is being cancelled", error)
        case .cancel:
            cancel()
            return Self.endsWithCancel(call)
                ? Self.refuse(.cancelled, "the attempt is being cancelled", error) : NORN_OK
        }
    }

    /// What a cancelled attempt still gets: its extensions, memory, chance, and a word to those who watch.
    private static func endsWithCancel(_ call: Call) -> Bool {
        !["get_extension", "alloc", "random"].contains(call.name) && !call.name.hasPrefix("tracking.")
    }

    /// Has the attempt cancelled, and waits until the task's flag says so: what follows is the same at every try.
    private func cancel() {
        control.cancel(party)
        let end = TrialClock.milliseconds + Self.flagMilliseconds
        while let cancelFlag, cancelFlag.pointee == 0, TrialClock.milliseconds < end { sched_yield() }
        let now = TrialClock.milliseconds
        state.withLock {
            $0.isCancelled = true
            $0.cancelMilliseconds = now
        }
    }

    private static func refuse(
        _ code: ComponentError.Code, _ message: String, _ error: UnsafeMutablePointer<norn_error>?
    ) -> norn_status {
        ComponentError(code, message, fault: code == .cancelled ? .none : .host).fill(error, "norn.check")
    }

    private func opened(
        _ kernel: UnsafePointer<norn_kernel>?, _ closure: norn_bytes, _ partition: UInt32, _ partitions: UInt32
    ) -> UInt64 {
        guard records, let kernel else { return 0 }
        return state.withLock { state in
            let ofThisKernel = state.recordings.count { $0.kernel == kernel }
            guard ofThisKernel < KernelRecording.recordingsOfAKernelMaximum,
                state.recordings.count < KernelRecording.recordingsMaximum
            else { return 0 }
            state.recordings.append(
                KernelRecording(
                    kernel: kernel, closure: Array(closure.trialBuffer), partition: partition, partitions: partitions))
            return UInt64(state.recordings.count)
        }
    }

    private func stepped(_ run: UInt64, _ left: UnsafePointer<norn_batch>?, _ right: UnsafePointer<norn_batch>?) {
        guard run > 0 else { return }
        state.withLock { state in
            let index = Int(run) - 1
            guard state.recordedBytes < KernelRecording.bytesMaximum else {
                return state.recordings[index].isCut = true
            }
            let step = KernelRecording.Step(
                left: left.map { RecordedBatch($0.pointee) }, right: right.map { RecordedBatch($0.pointee) })
            state.recordedBytes += (step.left?.byteCount ?? 0) + (step.right?.byteCount ?? 0)
            state.recordings[index].steps.append(step)
        }
    }
}

extension norn_bytes {
    var trialBuffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data, count: data == nil ? 0 : Int(count)) }
}

extension ComponentError {
    func fill(_ error: UnsafeMutablePointer<norn_error>?, _ domain: String) -> norn_status {
        guard let error else { return code.rawValue }
        error.pointee.code = code.rawValue
        error.pointee.flags = fault.rawValue
        let text = Array(message.utf8.prefix(MemoryLayout.size(ofValue: error.pointee.message) - 1))
        withUnsafeMutableBytes(of: &error.pointee.message) { place in
            place.copyBytes(from: text)
            place[text.count] = 0
        }
        error.pointee.message_count = UInt32(text.count)
        withUnsafeMutableBytes(of: &error.pointee.domain) { place in
            place.copyBytes(from: Array(domain.utf8.prefix(place.count - 1)) + [0])
        }
        return code.rawValue
    }
}
