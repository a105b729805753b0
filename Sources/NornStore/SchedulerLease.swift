import Foundation
import Synchronization

/// The right of one scheduler to run the site's heart, and where it is. At most one scheduler holds it at a time: each
/// time it is taken the fence rises, and a write that carries an older fence is refused in its own transaction, however
/// late it comes. Whether it has ended is the database's clock's to say; no two clocks are compared.
public struct SchedulerLease: Equatable, Sendable {
    /// The site's epoch: how often the lease was taken.
    public var fence: Int
    /// Unique for each process.
    public var holder: String
    /// Where the holder answers clients, such as `http://127.0.0.1:9380`; empty until it listens.
    public var address: String
    /// Whether another scheduler may take it.
    public var hasEnded: Bool

    public init(fence: Int, holder: String, address: String, hasEnded: Bool) {
        self.fence = fence
        self.holder = holder
        self.address = address
        self.hasEnded = hasEnded
    }
}

/// Who wants the lease, and for how long at a time.
public struct LeaseClaim: Sendable {
    public var holder: String
    public var milliseconds: Int
    /// The claimer knows that no process of the last holder lives, so it need not wait for the lease's end.
    public var holderIsDead: Bool

    public init(holder: String, milliseconds: Int, holderIsDead: Bool = false) {
        self.holder = holder
        self.milliseconds = milliseconds
        self.holderIsDead = holderIsDead
    }
}

/// The part of a store by which several schedulers of one site know who is active.
public protocol LeasedStore: Sendable {
    /// Takes the lease if it is free or has ended, and raises the fence; from then on every write of this store carries
    /// it, and throws `StoreError.leaseLost` once another took it. Nil when another holds it: then this store only reads.
    func takeLease(_ claim: LeaseClaim) async throws -> SchedulerLease?
    /// From now on this store only reads, until it takes the lease: another scheduler is active.
    func standBy()
    /// Prolongs the lease that this store took, and says where its holder is. Throws `StoreError.leaseLost`.
    func renewLease(milliseconds: Int, address: String) async throws
    /// Lets another scheduler take the lease at once.
    func releaseLease() async throws
    /// The lease as it is; nil when it was never taken.
    func lease() async throws -> SchedulerLease?
    /// Called once, when this store finds that another took its lease.
    func onLeaseLost(_ notify: @escaping @Sendable () -> Void)
    /// An element comes after other schedulers changed something; an embedded store has none.
    func changes() -> AsyncStream<Void>
    /// Why the database does not answer just now; nil when it does.
    var trouble: String? { get }
    /// Lets the database go; calls that wait for it are refused.
    func close()
}

/// What a store may write.
final class WriteRight: Sendable {
    enum Right: Equatable, Sendable {
        /// No scheduler's: a tool's, or a test's. Nothing is checked.
        case unfenced
        /// Another scheduler is active.
        case reading
        case holding(fence: Int)
        case lost
    }

    /// Bare in a mutex, a closure would be wrapped once more with each look at it.
    private struct Listener: Sendable { var notify: @Sendable () -> Void }

    private let right = Mutex<Right>(.unfenced)
    private let listener = Mutex<Listener?>(nil)

    func set(_ next: Right) { right.withLock { $0 = next } }

    func onLoss(_ notify: @escaping @Sendable () -> Void) { listener.withLock { $0 = Listener(notify: notify) } }

    /// The fence that a write carries; nil for none.
    func fence() throws -> Int? {
        switch right.withLock({ $0 }) {
        case .unfenced: nil
        case .holding(let fence): fence
        case .reading, .lost: throw StoreError.leaseLost
        }
    }

    /// The error of a write whose fence was not the newest.
    func lose() -> StoreError {
        let isNew = right.withLock { right in
            defer { right = .lost }
            return right != .lost
        }
        if isNew { listener.withLock { $0 }?.notify() }
        return .leaseLost
    }
}
