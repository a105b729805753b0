import Glibc
import NornABI

/// Bytes that end where a page does. Protected, they may only be read, and the page behind them not at all, so that a
/// kernel that writes or reads on is stopped where it does so.
final class ReadOnlyMemory {
    private let mapping: UnsafeMutableRawPointer
    private let mappedBytes: Int
    private let place: UnsafeMutableRawPointer

    var start: UnsafePointer<UInt8> { UnsafePointer(place.assumingMemoryBound(to: UInt8.self)) }

    /// - Parameter alignment: of the bytes' beginning; what is left to the page's end is smaller than it
    init(_ bytes: some Collection<UInt8>, alignment: Int = 1, isProtected: Bool) {
        let page = sysconf(Int32(_SC_PAGESIZE))
        let padded = (bytes.count + alignment - 1) / alignment * alignment
        let dataBytes = max(1, (padded + page - 1) / page) * page
        mappedBytes = dataBytes + page
        guard let mapped = mmap(nil, mappedBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapped != MAP_FAILED
        else { fatalError("The kit has no memory for a batch.") }
        mapping = mapped
        place = mapped + dataBytes - padded
        UnsafeMutableRawBufferPointer(start: place, count: bytes.count).copyBytes(from: bytes)
        guard isProtected else { return }
        mprotect(mapping, dataBytes, PROT_READ)
        mprotect(mapping + dataBytes, page, PROT_NONE)
    }

    deinit { munmap(mapping, mappedBytes) }
}

/// A recorded batch in the form that the ABI has, for one call.
struct LaidOutBatch {
    private let batch: norn_batch
    private let memory: [ReadOnlyMemory]

    init(_ recorded: RecordedBatch, isProtected: Bool) {
        let rows = recorded.rows
        let keys = ReadOnlyMemory(rows.flatMap(\.key), isProtected: isProtected)
        let values = ReadOnlyMemory(rows.flatMap(\.value), isProtected: isProtected)
        let keyOffsets = ReadOnlyMemory(Self.offsets(rows.map(\.key.count)), alignment: 4, isProtected: isProtected)
        let valueOffsets = ReadOnlyMemory(Self.offsets(rows.map(\.value.count)), alignment: 4, isProtected: isProtected)
        memory =
            [keys, values, keyOffsets, valueOffsets]
            + (rows.first?.isValid == nil ? [] : [ReadOnlyMemory(Self.bits(rows), isProtected: isProtected)])
        var batch = norn_batch()
        batch.struct_size = UInt32(MemoryLayout<norn_batch>.size)
        batch.rows = UInt32(rows.count)
        batch.keys = keys.start
        batch.values = values.start
        batch.key_offsets = Self.words(keyOffsets)
        batch.value_offsets = Self.words(valueOffsets)
        batch.validity = memory.count > 4 ? memory[4].start : nil
        self.batch = batch
    }

    private static func words(_ memory: ReadOnlyMemory) -> UnsafePointer<UInt32> {
        UnsafeRawPointer(memory.start).assumingMemoryBound(to: UInt32.self)
    }

    private static func offsets(_ counts: [Int]) -> [UInt8] {
        var sum: UInt32 = 0
        var bytes: [UInt8] = []
        bytes.reserveCapacity((counts.count + 1) * 4)
        for count in [0] + counts {
            sum += UInt32(count)
            withUnsafeBytes(of: sum) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    private static func bits(_ rows: [RecordedBatch.Row]) -> [UInt8] {
        var bits = [UInt8](repeating: 0, count: (rows.count + 7) / 8)
        for (row, item) in rows.enumerated() where item.isValid == true { bits[row >> 3] |= 1 << UInt8(row & 7) }
        return bits
    }

    static func lend<Result>(_ laidOut: LaidOutBatch?, _ body: (UnsafePointer<norn_batch>?) -> Result) -> Result {
        guard let laidOut else { return body(nil) }
        return withExtendedLifetime(laidOut.memory) { withUnsafePointer(to: laidOut.batch) { body($0) } }
    }
}

/// Bytes that hold the same numbers but for rounding: sums in another order.
enum Rounding {
    private static let tolerance = 1e-9

    /// Equal, or of one length and different only inside 8-byte floating-point numbers that are as good as equal.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left != right else { return true }
        guard left.count == right.count else { return false }
        var index = 0
        while index < left.count {
            guard left[index] != right[index] else {
                index += 1
                continue
            }
            // The differing byte may be anywhere in a number, in either order of bytes.
            guard let start = (max(0, index - 7)...index).first(where: { isClose(left, right, at: $0) }) else {
                return false
            }
            index = start + 8
        }
        return true
    }

    private static func isClose(_ left: [UInt8], _ right: [UInt8], at start: Int) -> Bool {
        guard start + 8 <= left.count else { return false }
        let words = [left, right].map { bytes in bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        return [words, words.map(\.byteSwapped)].contains { pair in
            let (a, b) = (Double(bitPattern: pair[0]), Double(bitPattern: pair[1]))
            return a.isFinite && b.isFinite && abs(a) > 1e-200 && abs(a - b) <= tolerance * max(abs(a), abs(b))
        }
    }
}
