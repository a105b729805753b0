/// How a call through the plugin interface ended; the numbers are `NORN_*` of `norn.h`.
public struct StatusCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let ok = StatusCode(rawValue: 0)
    public static let cancelled = StatusCode(rawValue: 1)
    public static let unknown = StatusCode(rawValue: 2)
    public static let invalidArgument = StatusCode(rawValue: 3)
    public static let deadlineExceeded = StatusCode(rawValue: 4)
    public static let notFound = StatusCode(rawValue: 5)
    public static let alreadyExists = StatusCode(rawValue: 6)
    public static let permissionDenied = StatusCode(rawValue: 7)
    public static let resourceExhausted = StatusCode(rawValue: 8)
    public static let failedPrecondition = StatusCode(rawValue: 9)
    public static let aborted = StatusCode(rawValue: 10)
    public static let outOfRange = StatusCode(rawValue: 11)
    public static let unimplemented = StatusCode(rawValue: 12)
    public static let `internal` = StatusCode(rawValue: 13)
    public static let unavailable = StatusCode(rawValue: 14)
    public static let dataLoss = StatusCode(rawValue: 15)

    private static let names = [
        "ok", "cancelled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
        "permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented",
        "internal", "unavailable", "data_loss",
    ]

    /// The name of `norn.h` in lower case; a number of the domain as itself.
    public var description: String {
        rawValue < UInt32(Self.names.count) ? Self.names[Int(rawValue)] : String(rawValue)
    }
}

/// Whose fault an error is and whether another try may help; the bits are `NORN_ERROR_*` of `norn.h`.
public struct ErrorFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let retryable = ErrorFlags(rawValue: 1)
    public static let userFault = ErrorFlags(rawValue: 2)
    public static let peerFault = ErrorFlags(rawValue: 4)
    public static let hostFault = ErrorFlags(rawValue: 8)
    public static let truncated = ErrorFlags(rawValue: 16)
}

/// An error as it crosses the worker channel, in either direction.
public struct AttemptError: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: StatusCode
    public var flags: ErrorFlags
    /// Whose numbers and words these are: `norn`, `norn.worker`, a plugin's id.
    public var domain: String
    /// What, where and what to do about it; no secrets, no rows of data.
    public var message: String

    public init(code: StatusCode, flags: ErrorFlags = [], domain: String = "norn", message: String) {
        self.code = code
        self.flags = flags
        self.domain = domain
        self.message = message
    }

    public var description: String { "\(domain): \(code): \(message)" }
}
