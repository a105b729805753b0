import NornFlow
import NornStore

@testable import NornSite

/// The heart of a site turn by turn, as its driver takes them, with a clock that a test sets. Its rules say yes; its
/// workers do nothing by themselves.
final class SteppedHeart {
    static let capacity = ["standalone": Resources(cores: 64)]

    let rows = HeartRows(site: "s")
    let store: SQLiteStore
    let fence: UInt64
    let local: Party
    private(set) var now: Instant
    /// Attempts that were started here.
    private(set) var started: [AttemptIdentity] = []
    private var wakes: [HeartTimers.Target: Instant] = [:]

    /// - Parameter local: the party of the site; all others are elsewhere.
    init(_ store: SQLiteStore, local: Party, fence: UInt64 = 1, at milliseconds: Int64 = 1_000) {
        self.store = store
        self.local = local
        self.fence = fence
        now = Instant(milliseconds: milliseconds)
        rows.ledger = Ledger(site: "s", capacity: Self.capacity, policy: LedgerPolicy(), members: [], at: now)
    }

    /// A turn that is not committed.
    func step(_ inputs: [HeartDriver.Input]) -> HeartStep {
        let local = local
        var step = HeartStep(rows: rows, fence: fence, now: now, isLocal: { $0 == local }, peerName: { $0.id })
        step.run(inputs)
        while let checks = step.takeChecks() {
            step.run(checks.map { .member($0.key, .checked(.accepted(Self.terms), contract: $0.contract)) })
        }
        return step
    }

    /// One turn.
    /// - Returns: what goes to other sites.
    func take(_ inputs: HeartDriver.Input...) async throws -> [Message] { try await take(inputs) }

    private func take(_ inputs: [HeartDriver.Input]) async throws -> [Message] {
        let step = step(inputs)
        let commit = try step.commit([], wallMilliseconds: 1)
        if !commit.isEmpty { _ = try await store.commit(commit) }
        step.apply()
        for (target, instant) in step.wakes { wakes[target] = instant }
        return step.outward.compactMap { effect in
            if case .startAttempt(let order) = effect { started.append(order.attempt) }
            if case .send(let message) = effect { return message }
            return nil
        }
    }

    /// What a site does when it comes up again.
    func recover() async throws -> [Message] {
        try await rows.reload(from: store, at: now)
        let coordinators = rows.index.openCoordinators.sorted().map { job in
            HeartDriver.Input.coordinator(job, .siteRestarted(fence: fence))
        }
        let members = rows.index.liveMembers.sorted().map { key in
            HeartDriver.Input.member(key, .siteRestarted(epoch: fence))
        }
        return try await take(coordinators + members)
    }

    /// Lets time pass until the next wake.
    func wake() async throws -> [Message] {
        guard let next = wakes.min(by: { $0.value < $1.value }) else { return [] }
        wakes[next.key] = nil
        now = max(now, next.value)
        switch next.key {
        case .coordinator(let job): return try await take(.coordinator(job, .woken))
        case .member(let key): return try await take(.member(key, .woken))
        }
    }

    static let terms = Member.Terms(
        engine: "standalone", needs: ["a": Resources(cores: 1)], capacity: Resources(cores: 64))
}
