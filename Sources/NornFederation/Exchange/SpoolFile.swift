import Crypto
import Glibc
import NIOCore
import NIOPosix

/// A payload in a file without a name: it is gone when nobody holds it. Reads and writes happen on threads that may
/// block.
final class SpoolFile: PayloadDescriptor {
    let fileDescriptor: Int32
    let byteCount: Int
    let isMemory = false

    /// - Throws: `FederationError.internal` naming the folder.
    init(folder: String, byteCount: Int) throws(FederationError) {
        let path = folder + "/payload-" + PayloadID.make()
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            let reason = String(cString: strerror(errno))
            throw FederationError(.internal, "a message cannot be kept under \(folder): \(reason)")
        }
        unlink(path)
        fileDescriptor = descriptor
        self.byteCount = byteCount
    }

    deinit { _ = close(fileDescriptor) }

    /// Writes a piece at its place.
    func write(_ piece: ByteBuffer, at offset: Int) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            try piece.withUnsafeReadableBytes { buffer in
                var written = 0
                while written < buffer.count, let base = buffer.baseAddress {
                    let count = pwrite(fileDescriptor, base + written, buffer.count - written, offset + written)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else {
                        throw FederationError(
                            .internal, "a message cannot be written: \(String(cString: strerror(errno)))")
                    }
                    written += count
                }
            }
        }
    }

    /// Copies a payload piece by piece.
    static func copy(of payload: any PayloadDescriptor, folder: String) async throws -> SpoolFile {
        let file = try SpoolFile(folder: folder, byteCount: payload.byteCount)
        var offset = 0
        while offset < payload.byteCount {
            let piece = try await payload.read(from: offset)
            try await file.write(piece, at: offset)
            offset += piece.readableBytes
        }
        return file
    }
}

extension PayloadDescriptor {
    /// At most `PeerProtocol.pieceBytes` from an offset.
    /// - Throws: `FederationError.dataLoss` when the file ends before its size.
    func read(from offset: Int) async throws -> ByteBuffer {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            let wanted = min(PeerProtocol.pieceBytes, byteCount - offset)
            var buffer = ByteBufferAllocator().buffer(capacity: wanted)
            var count = 0
            repeat {
                count = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { memory in
                    max(0, pread(fileDescriptor, memory.baseAddress, wanted, offset))
                }
            } while count == 0 && errno == EINTR
            guard count > 0 else { throw FederationError(.dataLoss, "a payload ends before its size") }
            return buffer
        }
    }

    /// SHA-256 of all bytes.
    func digest() async throws -> [UInt8] {
        var hash = SHA256()
        var offset = 0
        while offset < byteCount {
            let piece = try await read(from: offset)
            piece.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
            offset += piece.readableBytes
        }
        return Array(hash.finalize())
    }
}
