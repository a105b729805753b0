import NornABI

/// Calls a vtable function with an error of ours, and throws what it says.
@usableFromInline
func withHostError(_ call: (UnsafeMutablePointer<norn_error>) -> norn_status) throws {
    var error = norn_error()
    error.struct_size = UInt32(MemoryLayout<norn_error>.size)
    let status = call(&error)
    if status != NORN_OK { throw ComponentError(status: status, error: &error) }
}

extension ComponentError {
    init(status: norn_status, error: UnsafePointer<norn_error>) {
        let message = withUnsafeBytes(of: error.pointee.message) { bytes in
            String(decoding: bytes.prefix(min(Int(error.pointee.message_count), bytes.count)), as: UTF8.self)
        }
        let fault: Fault =
            switch error.pointee.flags {
            case let flags where flags & NORN_ERROR_USER_FAULT != 0: .user
            case let flags where flags & NORN_ERROR_PEER_FAULT != 0: .peer
            case let flags where flags & NORN_ERROR_HOST_FAULT != 0: .host
            default: .none
            }
        self.init(
            Code(rawValue: status) ?? .unknown, message.isEmpty ? "The host gave status \(status)." : message,
            fault: fault, isRetryable: error.pointee.flags & NORN_ERROR_RETRYABLE != 0)
    }

    /// Whatever a component or a kernel threw.
    init(thrown error: any Error) {
        switch error {
        case let error as ComponentError: self = error
        case is CancellationError: self = .cancelled
        case let error as DecodingError: self.init(decoding: error)
        default: self.init(.internal, String(describing: error))
        }
    }

    static let cancelled = ComponentError(.cancelled, "The attempt was cancelled.")

    /// Fills the caller's error and gives the status to return.
    func write(to error: UnsafeMutablePointer<norn_error>?, domain: String) -> norn_status {
        guard let error, Int(error.pointee.struct_size) >= MemoryLayout<norn_error>.size else { return code.rawValue }
        error.pointee.code = code.rawValue
        error.pointee.flags = fault.rawValue | (isRetryable ? NORN_ERROR_RETRYABLE : 0)
        error.pointee.error_id = 0
        withUnsafeMutableBytes(of: &error.pointee.domain) { _ = $0.fill(with: domain) }
        let (count, isWhole) = withUnsafeMutableBytes(of: &error.pointee.message) { $0.fill(with: description) }
        error.pointee.message_count = UInt32(count)
        if !isWhole { error.pointee.flags |= NORN_ERROR_TRUNCATED }
        return code.rawValue
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Copies as many whole characters as fit before a NUL.
    fileprivate func fill(with text: String) -> (count: Int, isWhole: Bool) {
        var end = text.utf8.count
        let bytes = Array(text.utf8)
        if end >= count {
            end = count - 1
            while end > 0, bytes[end] & 0xc0 == 0x80 { end -= 1 }
        }
        copyBytes(from: bytes[..<end])
        for index in end..<count { self[index] = 0 }
        return (end, end == bytes.count)
    }
}

extension norn_string {
    var text: String { String(decoding: UnsafeRawBufferPointer(start: data, count: Int(count)), as: UTF8.self) }
}

extension norn_bytes {
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: data, count: Int(count)) }
    var array: [UInt8] { Array(buffer) }
}

extension String {
    /// Lends the UTF-8 for a call.
    func withNornString<Result>(_ body: (norn_string) throws -> Result) rethrows -> Result {
        var copy = self
        return try copy.withUTF8 { utf8 in
            try utf8.withMemoryRebound(to: CChar.self) {
                try body(norn_string(data: $0.baseAddress, count: UInt64($0.count)))
            }
        }
    }
}

extension [UInt8] {
    func withNornBytes<Result>(_ body: (norn_bytes) throws -> Result) rethrows -> Result {
        try withUnsafeBufferPointer { try body(norn_bytes(data: $0.baseAddress, count: UInt64($0.count))) }
    }
}

/// Gathers what a callee pushes into a sink.
func gatherBytes(_ call: (UnsafePointer<norn_sink>, UnsafeMutablePointer<norn_error>) -> norn_status) throws -> [UInt8]
{
    var gathered: [UInt8] = []
    try withUnsafeMutablePointer(to: &gathered) { gathered in
        var sink = norn_sink()
        sink.struct_size = UInt32(MemoryLayout<norn_sink>.size)
        sink.context = UnsafeMutableRawPointer(gathered)
        sink.write = { context, bytes, _ in
            context?.assumingMemoryBound(to: [UInt8].self).pointee.append(contentsOf: bytes.buffer)
            return NORN_OK
        }
        try withHostError { call(&sink, $0) }
    }
    return gathered
}

/// Gives pieces that the host pushes to a closure; the closure's own error comes out as it was thrown.
func receivePieces(
    _ call: (UnsafePointer<norn_sink>, UnsafeMutablePointer<norn_error>) -> norn_status,
    _ body: (UnsafeRawBufferPointer) throws -> Void
) throws {
    var receiver = PieceReceiver()
    try withoutActuallyEscaping(body) { body in
        receiver.body = body
        defer { receiver.body = nil }
        do {
            try withUnsafeMutablePointer(to: &receiver) { receiver in
                var sink = norn_sink()
                sink.struct_size = UInt32(MemoryLayout<norn_sink>.size)
                sink.context = UnsafeMutableRawPointer(receiver)
                sink.write = { context, bytes, error in
                    guard let receiver = context?.assumingMemoryBound(to: PieceReceiver.self) else {
                        return NORN_INTERNAL
                    }
                    return receiver.pointee.receive(bytes, error)
                }
                try withHostError { call(&sink, $0) }
            }
        } catch {
            throw receiver.thrown ?? error
        }
    }
}

private struct PieceReceiver {
    var body: ((UnsafeRawBufferPointer) throws -> Void)?
    var thrown: (any Error)?

    mutating func receive(_ bytes: norn_bytes, _ error: UnsafeMutablePointer<norn_error>?) -> norn_status {
        do {
            try body?(bytes.buffer)
            return NORN_OK
        } catch let failure {
            thrown = failure
            return ComponentError(thrown: failure).write(to: error, domain: "component")
        }
    }
}

extension UnsafePointer<norn_sink> {
    func write(_ bytes: [UInt8]) throws {
        guard let write = pointee.write else {
            throw ComponentError(.internal, "The host gave a sink that cannot be written.", fault: .host)
        }
        try bytes.withNornBytes { bytes in try withHostError { write(pointee.context, bytes, $0) } }
    }
}
