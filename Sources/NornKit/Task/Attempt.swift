import Glibc
import NornABI

/// One attempt's way to its host: the host table, the extensions, the threads.
final class Attempt: @unchecked Sendable {
    // Sendable: all is set in init; the host's tables are constant for the process's life and callable from any thread.
    let host: UnsafePointer<norn_host>
    let plugin: String
    let component: String
    let defaultPartitions: Int
    let executor = AttemptExecutor()
    let waitThreads = WaitThreads()
    private let cancelFlag: UnsafePointer<UInt32>?
    private let cancelRequested = Locked(false)
    /// What the host table stands on, where nobody else keeps it.
    private let owner: (any Sendable)?

    /// - Parameter cancelFlag: the host's, constant for the attempt's life; nil: only `requestCancel` cancels.
    init(
        host: UnsafePointer<norn_host>, plugin: String, component: String, partitions: Int,
        cancelFlag: UnsafePointer<UInt32>? = nil, owner: (any Sendable)? = nil
    ) {
        self.host = host
        self.plugin = plugin
        self.component = component
        defaultPartitions = max(1, partitions)
        self.cancelFlag = cancelFlag
        self.owner = owner
    }

    deinit { waitThreads.letEnd() }

    convenience init(host: UnsafePointer<norn_host>, plugin: String, task: norn_task) {
        self.init(
            host: host, plugin: plugin, component: task.component.text, partitions: Int(task.partitions),
            cancelFlag: UnsafePointer(task.cancel_flag))
    }

    // MARK: cancelling

    var isCancelled: Bool {
        if let cancelFlag, cancelFlag.pointee != 0 { return true }
        return cancelRequested.withLock { $0 }
    }

    func requestCancel() { cancelRequested.withLock { $0 = true } }

    func checkCancelled() throws {
        if isCancelled { throw ComponentError.cancelled }
    }

    // MARK: calls that may wait

    /// Runs a call that may block where it harms nobody: at once on the attempt's own thread, else on a thread for
    /// waiting, so that a detached task does not hold a thread of the cooperative pool.
    func blocking<Result: Sendable>(_ call: @escaping @Sendable () throws -> Result) async throws -> Result {
        if executor.isCurrentThread { return try call() }
        return try await waitThreads.run(call)
    }

    // MARK: extensions

    private func getExtension<Table: HostExtension>(_ type: Table.Type) throws -> UnsafePointer<Table> {
        let id = Table.id
        let pointer = id.withNornString { host.pointee.get_extension?(host, $0, Table.revision) }
        guard let pointer = pointer.flatMap({ $0 })?.assumingMemoryBound(to: type) else {
            throw ComponentError(
                .permissionDenied,
                "\(component) has no \(id): name it under the permissions of the component's manifest.")
        }
        // Every extension begins with its size.
        let size = UnsafeRawPointer(pointer).load(as: UInt32.self)
        guard size >= MemoryLayout<Table>.size else {
            throw ComponentError(.unimplemented, "The host's \(id) is older than this plugin.", fault: .host)
        }
        return pointer
    }

    func artifacts() throws -> UnsafePointer<norn_artifacts> {
        try getExtension(norn_artifacts.self)
    }

    func federation() throws -> UnsafePointer<norn_federation> {
        try getExtension(norn_federation.self)
    }

    func tracking() throws -> UnsafePointer<norn_tracking> {
        try getExtension(norn_tracking.self)
    }

    func engineAccess() throws -> UnsafePointer<norn_engine_access> {
        try getExtension(norn_engine_access.self)
    }
}

/// A slot that the level promises; a peer that leaves it empty is at fault.
func slot<Function>(_ function: Function?, _ name: String) throws -> Function {
    guard let function else {
        throw ComponentError(.unimplemented, "The host has no \(name).", fault: .host)
    }
    return function
}
