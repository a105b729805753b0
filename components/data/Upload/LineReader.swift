import NornKit

/// Cuts pieces of a text into lines. A line that spans pieces is gathered; everything else is passed on in place.
struct LineReader {
    /// A longer line is refused: it is not a row of data, and must not fill the memory.
    static let lineLimitBytes = 16 << 20

    private var begun: [UInt8] = []
    private var number = 0

    /// Calls `body` with each whole line, without its end (`\n` or `\r\n`), and its number from 1.
    mutating func read(
        _ piece: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
    ) throws {
        var start = 0
        while let end = piece[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let part = UnsafeRawBufferPointer(rebasing: piece[start..<end])
            if begun.isEmpty {
                try pass(part, body)
            } else {
                begun.append(contentsOf: part)
                try passBegun(body)
            }
            start = end + 1
        }
        begun.append(contentsOf: piece[start...])
        guard begun.count <= Self.lineLimitBytes else {
            throw ComponentError(
                .invalidArgument, field: "file",
                "line \(number + 1) is longer than \(Self.lineLimitBytes) bytes", fault: .user)
        }
    }

    /// The last line, when the text does not end with a line's end.
    mutating func finish(_ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws {
        guard !begun.isEmpty else { return }
        try passBegun(body)
    }

    private mutating func passBegun(_ body: (UnsafeRawBufferPointer, Int) throws -> Void) throws {
        let line = begun
        begun.removeAll(keepingCapacity: true)
        try line.withUnsafeBytes { try pass($0, body) }
    }

    private mutating func pass(
        _ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
    ) throws {
        number += 1
        var line = line
        if line.last == UInt8(ascii: "\r") { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
        if number == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) {
            line = UnsafeRawBufferPointer(rebasing: line.dropFirst(3))
        }
        try body(line, number)
    }
}
