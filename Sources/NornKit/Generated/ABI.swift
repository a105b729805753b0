// Generated from Sources/NornABI/spec/norn.json by norn-abi-generate: do not edit.
import NornABI

/// A group of functions that a host grants by name.
protocol HostExtension {
    /// As the manifest's permissions name it.
    static var id: String { get }
    static var revision: UInt32 { get }
}

extension norn_artifacts: HostExtension {
    static var id: String { "norn.artifacts" }
    static var revision: UInt32 { 1 }
}

extension norn_engine_access: HostExtension {
    static var id: String { "norn.engine" }
    static var revision: UInt32 { 1 }
}

extension norn_federation: HostExtension {
    static var id: String { "norn.federation" }
    static var revision: UInt32 { 1 }
}

extension norn_tracking: HostExtension {
    static var id: String { "norn.tracking" }
    static var revision: UInt32 { 1 }
}

extension norn_workers: HostExtension {
    static var id: String { "norn.workers" }
    static var revision: UInt32 { 1 }
}

extension ComponentError {
    /// What kind of failure it is: the status that crosses the ABI.
    public enum Code: UInt32, Sendable, CaseIterable {
        /// the attempt is to end
        case cancelled = 1
        /// a failure without a better name
        case unknown = 2
        /// the caller's argument cannot be used, whatever the state
        case invalidArgument = 3
        /// the time given was too short
        case deadlineExceeded = 4
        /// nothing of that name or handle
        case notFound = 5
        /// something of that name is there
        case alreadyExists = 6
        /// not granted by manifest and policy
        case permissionDenied = 7
        /// memory, disk, count or size is used up
        case resourceExhausted = 8
        /// not in this state
        case failedPrecondition = 9
        /// given up because of something else that happened
        case aborted = 10
        /// past the end of what there is
        case outOfRange = 11
        /// this side does not have it
        case unimplemented = 12
        /// a fault of the side that says it
        case `internal` = 13
        /// not now; trying again may help
        case unavailable = 14
        /// bytes that were kept or sent are damaged
        case dataLoss = 15
    }
}
