import NornABI

/// A kernel run outside of any engine, on rows that were recorded.
struct KernelReplay {
    /// What came of it.
    struct Outcome: Hashable, Sendable {
        var status: norn_status = NORN_OK
        var message = ""
        var emitted: [RecordedBatch.Row] = []
        /// The frozen state of a fold.
        var frozen: [UInt8] = []
        /// What it emitted that nobody may, as sentences without their end.
        var violations: [String] = []

        /// Whether they are the same but for the last digits of floating-point numbers.
        func means(_ other: Outcome) -> Bool {
            status == other.status && emitted == other.emitted && Rounding.isEqual(frozen, other.frozen)
        }
    }

    private final class Collected {
        var outcome = Outcome()
        let kind: UInt32
        let keys: Set<[UInt8]>?

        init(kind: UInt32, keys: Set<[UInt8]>?) {
            self.kind = kind
            self.keys = keys
        }
    }

    private let kernel: UnsafePointer<norn_kernel>
    private let closure: [UInt8]
    private let partition: UInt32
    private let partitions: UInt32
    private let collected: Collected
    private var state: UnsafeMutableRawPointer?
    private let isProtected: Bool

    /// Opens it. A status other than NORN_OK is in the outcome.
    /// - Parameter isProtected: rows lie in memory that only be read, before a page that may not be touched
    init(_ recording: KernelRecording, closure: [UInt8]? = nil, isProtected: Bool = false) {
        kernel = recording.kernel
        self.closure = closure ?? recording.closure
        partition = recording.partition
        partitions = recording.partitions
        self.isProtected = isProtected
        let keepsKeys = kernel.pointee.flags & NORN_KERNEL_KEEPS_KEYS != 0
        let rows = recording.steps.flatMap { ($0.left?.rows ?? []) + ($0.right?.rows ?? []) }
        collected = Collected(kind: recording.kind, keys: keepsKeys ? Set(rows.map(\.key)) : nil)
        var opened: UnsafeMutableRawPointer?
        var error = GuardedError()
        let bytes = ReadOnlyMemory(self.closure, isProtected: isProtected)
        collected.outcome.status = kernel.pointee.open(
            kernel, TrialHost.table, norn_bytes(data: bytes.start, count: UInt64(self.closure.count)), partition,
            partitions,
            &opened, &error.error)
        note(error)
        state = opened
    }

    var isOpen: Bool { collected.outcome.status == NORN_OK }

    private func note(_ error: GuardedError) {
        if !error.isIntact { collected.outcome.violations.append("it writes beyond the error it was given") }
        if collected.outcome.status != NORN_OK { collected.outcome.message = error.error.text }
    }

    func step(_ step: KernelRecording.Step) {
        guard isOpen else { return }
        let left = step.left.map { LaidOutBatch($0, isProtected: isProtected) }
        let right = step.right.map { LaidOutBatch($0, isProtected: isProtected) }
        var emit = self.emit
        var error = GuardedError()
        collected.outcome.status = LaidOutBatch.lend(left) { left in
            LaidOutBatch.lend(right) { right in kernel.pointee.step(state, left, right, &emit, &error.error) }
        }
        note(error)
    }

    func merge(_ frozen: [UInt8]) {
        guard isOpen else { return }
        let bytes = ReadOnlyMemory(frozen, isProtected: isProtected)
        var error = GuardedError()
        collected.outcome.status =
            kernel.pointee.merge?(state, norn_bytes(data: bytes.start, count: UInt64(frozen.count)), &error.error)
            ?? NORN_UNIMPLEMENTED
        note(error)
    }

    /// Finishes or freezes, closes, and gives what came of it.
    func end() -> Outcome {
        if isOpen {
            if collected.kind == NORN_KERNEL_REDUCE {
                freeze()
            } else if let finish = kernel.pointee.finish {
                var emit = self.emit
                var error = GuardedError()
                collected.outcome.status = finish(state, &emit, &error.error)
                note(error)
            }
        }
        if state != nil || collected.outcome.status == NORN_OK { kernel.pointee.close?(state) }
        return collected.outcome
    }

    private func freeze() {
        var outcome = collected.outcome
        let taken = Describing.gather { kernel.pointee.freeze?(state, $0, $1) ?? NORN_UNIMPLEMENTED }
        outcome.status = taken.status
        outcome.frozen = taken.bytes ?? []
        collected.outcome = outcome
    }

    static func whole(_ recording: KernelRecording, closure: [UInt8]? = nil, isProtected: Bool = false) -> Outcome {
        let replay = KernelReplay(recording, closure: closure, isProtected: isProtected)
        for step in recording.steps { replay.step(step) }
        return replay.end()
    }

    private var emit: norn_emit {
        norn_emit(
            struct_size: UInt32(MemoryLayout<norn_emit>.size), _pad0: 0,
            context: Unmanaged.passUnretained(collected).toOpaque(),
            batch: { context, batch, _ in
                guard let context, let batch else { return NORN_INVALID_ARGUMENT }
                let collected = Unmanaged<Collected>.fromOpaque(context).takeUnretainedValue()
                if let violation = EmittedBatch.violation(batch.pointee) {
                    collected.outcome.violations.append(violation)
                    return NORN_INVALID_ARGUMENT
                }
                let rows = RecordedBatch(batch.pointee).rows
                collected.outcome.violations += EmittedBatch.violations(
                    rows, after: collected.outcome.emitted.last?.key, kind: collected.kind, keys: collected.keys)
                collected.outcome.emitted += rows
                return NORN_OK
            })
    }
}

/// What a kernel may emit.
enum EmittedBatch {
    /// What is wrong with a batch's form.
    static func violation(_ batch: norn_batch) -> String? {
        guard batch.struct_size >= NORN_BATCH_LEVEL_1_BYTES else { return "it emits a batch without struct_size" }
        guard batch.rows <= NORN_BATCH_MAX_ROWS else { return "it emits \(batch.rows) rows in one batch" }
        guard batch.rows > 0 else { return nil }
        guard let keys = batch.key_offsets, let values = batch.value_offsets else {
            return "it emits rows without offsets"
        }
        for row in 0..<Int(batch.rows) {
            guard keys[row] <= keys[row + 1], values[row] <= values[row + 1] else {
                return "it emits offsets that go back"
            }
            let count = keys[row + 1] - keys[row]
            guard (1...NORN_KEY_MAX_BYTES).contains(count) else { return "it emits a key of \(count) bytes" }
            guard values[row + 1] - values[row] <= NORN_ROW_MAX_BYTES else {
                return "it emits a value beyond NORN_ROW_MAX_BYTES"
            }
        }
        return nil
    }

    /// What is wrong with keys, given the kernel's kind and, with NORN_KERNEL_KEEPS_KEYS, its input's keys.
    static func violations(
        _ rows: [RecordedBatch.Row], after last: [UInt8]?, kind: UInt32, keys: Set<[UInt8]>?
    ) -> [String] {
        if kind == NORN_KERNEL_REDUCE { return ["it folds, and emits rows"] }
        var found: [String] = []
        let mustAscend = keys != nil || kind == NORN_KERNEL_GROUP
        var last = last
        for row in rows {
            if let keys, !keys.contains(row.key) {
                found.append("it has KEEPS_KEYS, and emits a key that is not its input's")
                break
            }
            if mustAscend, let last, !last.lexicographicallyPrecedes(row.key) {
                found.append("it emits keys that do not ascend, though its flags or kind say so")
                break
            }
            last = row.key
        }
        return found
    }
}
