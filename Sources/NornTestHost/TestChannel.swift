import Glibc
import NornKit

/// What travels beside a packet: bytes inside it, or a file whose descriptor is passed on.
enum Payload {
    case bytes([UInt8])
    /// owned by whoever has the payload
    case file(descriptor: Int32, count: Int)
}

/// The site's end of one attempt's channel: packets of one CBOR map each, at most one file descriptor beside it.
struct TestChannel {
    static let packetMaximumBytes = 65536
    /// Larger payloads travel as a file.
    static let inlineMaximumBytes = 48 << 10

    let descriptor: Int32
    let scratch: String

    /// Both ends; the second is the attempt's.
    static func pair(scratch: String) throws -> (TestChannel, Int32) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw TestHostError("No socketpair: \(errno).") }
        return (TestChannel(descriptor: ends[0], scratch: scratch), ends[1])
    }

    /// nil at the end of the channel.
    func receive() throws -> (packet: CBOR, file: Int32?)? {
        var buffer = [UInt8](repeating: 0, count: Self.packetMaximumBytes)
        var control = [UInt64](repeating: 0, count: 8)
        var file: Int32?
        let count = buffer.withUnsafeMutableBytes { buffer in
            control.withUnsafeMutableBytes { control in
                withMessage(buffer, control) { message in
                    // An end that closed before it had read everything resets the channel, once; what it had sent is
                    // still there (unix(7) does not say so).
                    var count = recvmsg(descriptor, &message, Int32(MSG_CMSG_CLOEXEC))
                    while count < 0, errno == EINTR || errno == ECONNRESET {
                        count = recvmsg(descriptor, &message, Int32(MSG_CMSG_CLOEXEC))
                    }
                    // One header of level, type and one descriptor: 8 bytes of length, 4 of level, 4 of type, then it.
                    if count > 0, message.msg_controllen >= 20,
                        control.load(fromByteOffset: 12, as: Int32.self) == Int32(SCM_RIGHTS)
                    {
                        file = control.load(fromByteOffset: 16, as: Int32.self)
                    }
                    return count
                }
            }
        }
        guard count > 0 else { return nil }
        return (try CBOR(decoding: Array(buffer.prefix(count))), file)
    }

    /// Takes the payload over. What cannot be sent is lost: the attempt has ended.
    func send(_ packet: [String: CBOR], payload: Payload? = nil) throws {
        var packet = packet
        var file: Int32?
        switch payload {
        case .bytes(let bytes) where bytes.count <= Self.inlineMaximumBytes: packet["bytes"] = .bytes(bytes)
        case .bytes(let bytes):
            packet["payload"] = .int(Int64(bytes.count))
            file = try makeFile(bytes)
        case .file(let descriptor, let count):
            packet["payload"] = .int(Int64(count))
            file = descriptor
        case nil: break
        }
        try send(bytes: CBOR.map(packet).encoded(), file: file)
        if let file { close(file) }
    }

    /// The start message may be larger than a packet.
    func sendStart(_ message: [String: CBOR]) throws {
        let bytes = CBOR.map(message).encoded()
        if bytes.count <= Self.inlineMaximumBytes { return try send(bytes: bytes, file: nil) }
        try send(["do": "start"], payload: .bytes(bytes))
    }

    private func send(bytes: [UInt8], file: Int32?) throws {
        var bytes = bytes
        var control = [UInt64](repeating: 0, count: 3)
        bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                control.storeBytes(of: 20, as: Int.self)
                control.storeBytes(of: SOL_SOCKET, toByteOffset: 8, as: Int32.self)
                control.storeBytes(of: Int32(SCM_RIGHTS), toByteOffset: 12, as: Int32.self)
                control.storeBytes(of: file ?? -1, toByteOffset: 16, as: Int32.self)
                let none = UnsafeMutableRawBufferPointer(start: nil, count: 0)
                withMessage(bytes, file == nil ? none : control) { message in
                    _ = sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    private func withMessage<Result>(
        _ bytes: UnsafeMutableRawBufferPointer, _ control: UnsafeMutableRawBufferPointer,
        _ body: (inout msghdr) -> Result
    ) -> Result {
        var piece = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
        return withUnsafeMutablePointer(to: &piece) { piece in
            var message = msghdr()
            message.msg_iov = piece
            message.msg_iovlen = 1
            message.msg_control = control.baseAddress
            message.msg_controllen = control.count
            return body(&message)
        }
    }

    private func makeFile(_ bytes: [UInt8]) throws -> Int32 {
        let path = "\(scratch)/payload-\(UInt64.random(in: 0...UInt64.max))"
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw TestHostError("\(path) cannot be made: \(errno).") }
        unlink(path)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + written }, $0.count - written) }
            guard count > 0 else { throw TestHostError("A payload cannot be written: \(errno).") }
            written += count
        }
        return file
    }
}
