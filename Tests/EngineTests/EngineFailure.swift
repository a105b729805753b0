import NornABI

/// A status other than success, with the engine's or the kernel's words.
struct EngineFailure: Error, CustomStringConvertible {
    let status: UInt32
    let message: String

    init(status: UInt32, message: String) {
        self.status = status
        self.message = message
    }

    init(status: UInt32, error: norn_error) {
        self.status = status
        self.message = withUnsafeBytes(of: error.message) {
            String(decoding: $0.prefix(Int(error.message_count)), as: UTF8.self)
        }
    }

    var description: String { "status \(status): \(message)" }

    /// Fills the caller's error and gives the status to return.
    func fill(_ error: UnsafeMutablePointer<norn_error>?) -> UInt32 {
        guard let error else { return status }
        error.pointee.code = status
        let bytes = Array(message.utf8.prefix(MemoryLayout.size(ofValue: error.pointee.message)))
        error.pointee.message_count = UInt32(bytes.count)
        withUnsafeMutableBytes(of: &error.pointee.message) { $0.copyBytes(from: bytes) }
        return status
    }
}

/// Runs a function of the ABI with an error of its own and throws what it fails with.
func checked(_ body: (UnsafeMutablePointer<norn_error>) -> UInt32) throws {
    var error = norn_error()
    error.struct_size = UInt32(MemoryLayout<norn_error>.size)
    let status = body(&error)
    if status != 0 { throw EngineFailure(status: status, error: error) }
}

/// The status that `body` fails with; 0 when it does not fail.
func status(of body: () throws -> Void) -> UInt32 {
    do {
        try body()
        return 0
    } catch let failure as EngineFailure {
        return failure.status
    } catch {
        return .max
    }
}
