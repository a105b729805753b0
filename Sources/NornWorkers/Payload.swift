import Glibc

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
}

/// An open file that holds a payload from offset 0: a sealed memfd or a file under the sender's scratch folder. Readers
/// use `pread` or map it, since all holders share one file position. Closed when the last holder lets go.
public final class PayloadFile: Sendable {
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

    deinit { _ = close(fileDescriptor) }
}
