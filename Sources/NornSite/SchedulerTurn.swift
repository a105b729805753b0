import Foundation
import Logging
import NornStore

/// The right to be the site's active scheduler: the home's lock, which proves that no other one of this home lives, and
/// the store's lease, whose fence makes everything harmless that an earlier one may still have sent.
///
/// The order is what makes it safe. First the lock: the kernel gives it when the last holder's process is gone. Then
/// the workers' lock: the last of its workers is gone too. Then the lease: from here on the store refuses the old fence.
/// Only after that are attempts marked lost and new ones started.
final class SchedulerTurn: Sendable {
    /// Exit code of a server whose lease another one took: start it again, and it stands by.
    static let lostExitCode: Int32 = 75
    /// A lease is renewed so often in its time.
    static let renewals = 3

    let lock: HomeLock
    let lease: SchedulerLease
    private let keeper: Task<Void, Never>

    /// Nil when another scheduler of this home lives.
    /// - Parameter taken: the home's lock, if this process has it already.
    static func take(_ foundation: SiteFoundation, lock taken: HomeLock? = nil) async throws -> SchedulerTurn? {
        guard let lock = try taken ?? HomeLock.take(foundation.home) else { return nil }
        try await WorkersLock.awaitEnd(foundation.home)
        let store = foundation.store
        try await StoreOpening.checkHome(foundation.home, store)
        let milliseconds = foundation.settings.scheduling.storeLeaseSeconds * 1000
        store.onLeaseLost { foundation.end(because: StoreError.leaseLost.description) }
        let claim = LeaseClaim(holder: foundation.name, milliseconds: milliseconds, holderIsDead: true)
        guard let lease = try await store.takeLease(claim) else { return nil }
        if foundation.settings.store.isShared { try await StoreOpening.markHome(foundation.home, store) }
        return SchedulerTurn(lock, lease, foundation, milliseconds)
    }

    private init(_ lock: HomeLock, _ lease: SchedulerLease, _ foundation: SiteFoundation, _ milliseconds: Int) {
        self.lock = lock
        self.lease = lease
        guard foundation.settings.store.isShared else {
            keeper = Task {}
            return
        }
        let store = foundation.store
        // From now on, not from when the site is ready: what lives may take longer than a lease to load.
        keeper = Task.detached {
            while !Task.isCancelled {
                try? await store.renewLease(milliseconds: milliseconds, address: foundation.address)
                try? await Task.sleep(for: .milliseconds(milliseconds / Self.renewals))
            }
        }
    }

    /// Lets another scheduler take over at once: nothing is written any more.
    func release(_ store: any Store) async {
        keeper.cancel()
        try? await store.releaseLease()
    }
}
