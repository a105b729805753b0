import NornABI

/// One row as the tests see it.
struct Row: Hashable, Sendable, Comparable, CustomStringConvertible {
    var key: [UInt8]
    var value: [UInt8]

    init(_ key: [UInt8], _ value: [UInt8]) {
        self.key = key
        self.value = value
    }

    init(_ key: String, _ value: String) {
        self.init(Array(key.utf8), Array(value.utf8))
    }

    /// Keys by memcmp, then length; the order of every partition.
    static func < (left: Row, right: Row) -> Bool { left.key.lexicographicallyPrecedes(right.key) }

    var description: String { "\(String(decoding: key, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))" }
}

/// Eight big-endian bytes.
func bigEndian(_ number: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) }
}

/// Rows in the layout of `norn_batch`.
struct BatchBuffer {
    var keyOffsets: [UInt32] = [0]
    var keys: [UInt8] = []
    var valueOffsets: [UInt32] = [0]
    var values: [UInt8] = []

    init(_ rows: [Row] = []) {
        for row in rows { append(row.key, row.value) }
    }

    mutating func append(_ key: [UInt8], _ value: [UInt8]) {
        keys += key
        values += value
        keyOffsets.append(UInt32(keys.count))
        valueOffsets.append(UInt32(values.count))
    }

    var rows: Int { keyOffsets.count - 1 }

    /// The batch borrows the buffer for the call.
    func withBatch<Result>(_ body: (UnsafePointer<norn_batch>) throws -> Result) rethrows -> Result {
        try keyOffsets.withUnsafeBufferPointer { keyOffsets in
            try keys.withUnsafeBufferPointer { keys in
                try valueOffsets.withUnsafeBufferPointer { valueOffsets in
                    try values.withUnsafeBufferPointer { values in
                        var batch = norn_batch()
                        batch.struct_size = UInt32(MemoryLayout<norn_batch>.size)
                        batch.rows = UInt32(rows)
                        batch.key_offsets = keyOffsets.baseAddress
                        batch.keys = keys.baseAddress
                        batch.value_offsets = valueOffsets.baseAddress
                        batch.values = values.baseAddress
                        return try withUnsafePointer(to: batch) { try body($0) }
                    }
                }
            }
        }
    }
}

/// What a kernel or a scan is given; valid during the call.
struct BatchView {
    let batch: norn_batch

    var count: Int { Int(batch.rows) }

    func key(_ row: Int) -> [UInt8] {
        let start = Int(batch.key_offsets[row])
        let end = Int(batch.key_offsets[row + 1])
        return end == start ? [] : Array(UnsafeBufferPointer(start: batch.keys + start, count: end - start))
    }

    func value(_ row: Int) -> [UInt8] {
        let start = Int(batch.value_offsets[row])
        let end = Int(batch.value_offsets[row + 1])
        return end == start ? [] : Array(UnsafeBufferPointer(start: batch.values + start, count: end - start))
    }

    /// False for the missing side of a zip.
    func isPresent(_ row: Int) -> Bool {
        guard let validity = batch.validity else { return true }
        return validity[row / 8] >> (row % 8) & 1 == 1
    }

    var rows: [Row] { (0..<count).map { Row(key($0), value($0)) } }
}
