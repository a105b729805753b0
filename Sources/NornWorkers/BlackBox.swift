import Glibc
import NornLinux

/// The memory that a worker writes while it runs and the site reads after it crashed. Layout: `norn_black_box.h`. Any
/// field may be torn, so every count is bounded and every text is repaired.
struct BlackBox: Sendable {
    static let byteCount = 65536

    private enum Layout {
        static let magic = 0x3158_4f42_4e52_4f4e as UInt64
        static let (phase, signal, callCount, lineCount) = (8, 16, 32, 40)
        static let (note, noteBytes) = (64, 256)
        static let (currentCall, nameBytes) = (320, 24)
        static let (calls, callBytes, callsKept, callName) = (344, 32, 64, 8)
        static let (lines, lineBytes, linesKept) = (2392, 256, 16)
        static let (lineTextCount, lineText, lineTextBytes) = (12, 16, 240)
        static let (denials, denialsKept) = (6496, 16)
    }

    private static let phases = [
        "", "starting", "loading", "describing", "creating", "running", "destroying", "ended",
    ]

    private let bytes: [UInt8]

    /// Reads the whole box; one that cannot be read is empty.
    init(descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: Self.byteCount)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        self.init(bytes: count == bytes.count ? bytes : [])
    }

    init(bytes: [UInt8]) {
        let isBox = bytes.count == Self.byteCount && Self.integer(bytes, 0, as: UInt64.self) == Layout.magic
        self.bytes = isBox ? bytes : []
    }

    var phase: String {
        let number = Int(integer(Layout.phase, as: UInt32.self))
        return number < Self.phases.count ? Self.phases[number] : ""
    }

    /// The signal that the worker's own handler saw.
    var signal: Int? {
        let number = Int(integer(Layout.signal, as: UInt32.self))
        return number == 0 ? nil : number
    }

    /// Why the worker ended itself.
    var note: String? { text(Layout.note, Layout.noteBytes) }

    /// The host call that was served at the end; nil when the plugin's own code ran.
    var currentCall: String? { text(Layout.currentCall, Layout.nameBytes) }

    /// Oldest first.
    var lastCalls: [String] {
        ring(Layout.callCount, kept: Layout.callsKept).compactMap { index in
            text(Layout.calls + index * Layout.callBytes + Layout.callName, Layout.nameBytes)
        }
    }

    /// Oldest first.
    var lastLines: [String] {
        ring(Layout.lineCount, kept: Layout.linesKept).compactMap { index in
            let line = Layout.lines + index * Layout.lineBytes
            let count = Int(integer(line + Layout.lineTextCount, as: UInt32.self))
            return text(line + Layout.lineText, min(count, Layout.lineTextBytes))
        }
    }

    /// The system calls that the sandbox refused, by name.
    var denials: [String] {
        let names = (0..<Layout.denialsKept).compactMap {
            text(Layout.denials + $0 * Layout.nameBytes, Layout.nameBytes)
        }
        return Set(names).sorted()
    }

    /// The positions of a ring's entries, oldest first.
    private func ring(_ countOffset: Int, kept: Int) -> [Int] {
        guard !bytes.isEmpty else { return [] }
        let count = integer(countOffset, as: UInt64.self)
        let first = count > UInt64(kept) ? count - UInt64(kept) : 0
        return (first..<count).map { Int($0 % UInt64(kept)) }
    }

    private func text(_ offset: Int, _ limit: Int) -> String? {
        guard !bytes.isEmpty else { return nil }
        let content = bytes[offset..<offset + limit].prefix { $0 != 0 }
        return content.isEmpty ? nil : String(decoding: content, as: UTF8.self)
    }

    private func integer<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type) -> Value {
        bytes.isEmpty ? 0 : Self.integer(bytes, offset, as: type)
    }

    private static func integer<Value: FixedWidthInteger>(
        _ bytes: [UInt8], _ offset: Int, as type: Value.Type
    ) -> Value {
        bytes.withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
    }
}
