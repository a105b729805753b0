import NornABI

/// What a kernel was given in one partition of a case's run: enough to run it again.
struct KernelRecording: @unchecked Sendable {
    // Sendable: the kernel's table is constant for the process's life, the rest are values.
    static let recordingsMaximum = 128
    static let recordingsOfAKernelMaximum = 8
    static let bytesMaximum = 64 << 20

    struct Step: Sendable {
        let left: RecordedBatch?
        let right: RecordedBatch?
    }

    let kernel: UnsafePointer<norn_kernel>
    let closure: [UInt8]
    let partition: UInt32
    let partitions: UInt32
    var steps: [Step] = []
    /// Not all steps were kept.
    var isCut = false

    var name: String { kernel.pointee.name.trialText }
    var kind: UInt32 { kernel.pointee.kind }
    var isFold: Bool { kind == NORN_KERNEL_REDUCE }
}

/// A batch that was copied: rows with their keys and values.
struct RecordedBatch: Sendable, Hashable {
    struct Row: Sendable, Hashable {
        let key: [UInt8]
        let value: [UInt8]
        /// Nil: the batch has no validity bitmap.
        var isValid: Bool?
    }

    var rows: [Row]

    init(rows: [Row]) { self.rows = rows }

    init(_ batch: norn_batch) {
        rows = (0..<Int(batch.rows)).map { row in
            let valid = batch.validity.map { $0[row >> 3] >> UInt8(row & 7) & 1 == 1 }
            return Row(
                key: Self.bytes(batch.keys, batch.key_offsets, row),
                value: Self.bytes(batch.values, batch.value_offsets, row),
                isValid: valid)
        }
    }

    private static func bytes(
        _ data: UnsafePointer<UInt8>?, _ offsets: UnsafePointer<UInt32>?, _ row: Int
    ) -> [UInt8] {
        guard let offsets, offsets[row + 1] > offsets[row], let data else { return [] }
        return Array(UnsafeBufferPointer(start: data + Int(offsets[row]), count: Int(offsets[row + 1] - offsets[row])))
    }

    var byteCount: Int { rows.reduce(0) { $0 + $1.key.count + $1.value.count + 8 } }
}
