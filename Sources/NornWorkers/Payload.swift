import Glibc
import NornLinux

/// The bytes of a message: small ones in memory, large ones as a file that is handed on and never copied.
public enum Payload: Sendable {
    case bytes([UInt8])
    case file(PayloadFile)

    public var byteCount: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .file(let file): file.byteCount
        }
    }

    /// All bytes in memory, for payloads that are known to be small.
    /// - Throws: `dataLoss` when the file is not what was announced.
    public func read() throws(AttemptError) -> [UInt8] {
        switch self {
        case .bytes(let bytes): return bytes
        case .file(let file): return try file.read()
        }
    }
}

/// An open file that holds a payload from offset 0: a sealed memfd or a file under the sender's scratch folder. Readers
/// use `pread` or map it, since all holders share one file position. Closed when the last holder lets go.
public final class PayloadFile: Sendable {
    /// Bytes that `read` takes into memory.
    public static let readLimitBytes = 64 * 1024 * 1024

    public let fileDescriptor: Int32
    public let byteCount: Int
    /// True when the bytes live in memory.
    public let isMemory: Bool

    /// Takes over the descriptor.
    public init(owning fileDescriptor: Int32, byteCount: Int, isMemory: Bool) {
        self.fileDescriptor = fileDescriptor
        self.byteCount = byteCount
        self.isMemory = isMemory
    }

    /// Copies bytes into memory that can never change.
    convenience init(sealing bytes: [UInt8]) throws(AttemptError) {
        let descriptor = bytes.withUnsafeBytes { norn_linux_sealed_memory("norn-payload", $0.baseAddress, $0.count) }
        guard descriptor >= 0 else {
            throw AttemptError(
                code: .resourceExhausted, flags: .hostFault, domain: "norn.worker",
                message: "no memory for a message of \(bytes.count) bytes: \(String(cString: strerror(-descriptor)))")
        }
        self.init(owning: descriptor, byteCount: bytes.count, isMemory: true)
    }

    /// Takes over what a worker passed. Memory must be sealed, so that nobody can change it under its reader, and a
    /// file must be a regular one of at least the announced size.
    convenience init(passed descriptor: Int32, announced byteCount: Int) throws(ChannelViolation) {
        var information = stat()
        let seals = norn_linux_memory_seals(descriptor)
        guard fstat(descriptor, &information) == 0, information.st_mode & S_IFMT == S_IFREG, byteCount >= 0,
            Int(information.st_size) >= byteCount, seals != 2
        else {
            _ = close(descriptor)
            throw ChannelViolation("a payload that is not a sealed memory file or a file of the announced size")
        }
        self.init(owning: descriptor, byteCount: byteCount, isMemory: seals == 1)
    }

    func read() throws(AttemptError) -> [UInt8] {
        guard byteCount <= Self.readLimitBytes else {
            throw AttemptError(
                code: .resourceExhausted, domain: "norn.worker",
                message: "\(byteCount) bytes are more than the \(Self.readLimitBytes) that fit in memory")
        }
        var taken = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            while taken < byteCount, let base = buffer.baseAddress {
                let count = pread(fileDescriptor, base + taken, byteCount - taken, taken)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { break }
                taken += count
            }
            initialized = taken
        }
        guard taken == byteCount else {
            throw AttemptError(code: .dataLoss, domain: "norn.worker", message: "a payload ends before its size")
        }
        return bytes
    }

    deinit { _ = close(fileDescriptor) }
}
