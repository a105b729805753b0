import Glibc

/// The file of what a component prints, up to a limit.
struct PrintsFile {
    /// Bytes of prints, kept or not, that are a flood: whoever makes that many costs the site more than a file.
    static let floodBytes = 256 * 1_048_576
    /// Pieces that are copied before the channel gets its turn: a pipe that never empties is no reason to wait.
    static let piecesPerTurn = 16

    private let descriptor: Int32
    private var written = 0
    private var dropped = 0

    var isFlood: Bool { written + dropped > Self.floodBytes }

    /// Appends to a file; an empty path, or one that cannot be opened, keeps nothing.
    init(path: String) {
        descriptor = path.isEmpty ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
    }

    /// Copies what is there now; false when the other end is closed.
    mutating func copy(from pipe: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16384)
        for _ in 0..<Self.piecesPerTurn {
            let count = read(pipe, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count < 0 { return errno == EAGAIN }
            if count == 0 { return false }
            keep(buffer[0..<count])
        }
        return true
    }

    private mutating func keep(_ bytes: ArraySlice<UInt8>) {
        let kept = bytes.prefix(max(0, Workers.outputLimitBytes - written))
        dropped += bytes.count - kept.count
        written += kept.count
        append(Array(kept))
    }

    private func append(_ bytes: [UInt8]) {
        guard descriptor >= 0, !bytes.isEmpty else { return }
        _ = write(descriptor, bytes, bytes.count)
    }

    /// Says what was dropped, and closes.
    mutating func finish() {
        if dropped > 0 { append(Array("\n[norn: \(dropped) more bytes were not kept]\n".utf8)) }
        if descriptor >= 0 { _ = close(descriptor) }
    }
}
