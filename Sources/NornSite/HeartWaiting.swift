import NornFlow
import NornStore

/// Why jobs wait, asked of the heart itself: places in a queue change without any row of the job changing.
extension HeartDriver {
    /// The reasons of each job that waits.
    func waiting(_ jobs: [JobRecord]) -> [JobID: [WaitingView]] {
        let clock = InstantClock()
        var waiting: [JobID: [WaitingView]] = [:]
        for job in jobs where job.ended == nil {
            let reasons = reasons(job, clock)
            if !reasons.isEmpty { waiting[job.job] = reasons }
        }
        return waiting
    }

    private func reasons(_ job: JobRecord, _ clock: InstantClock) -> [WaitingView] {
        if let coordinator = rows.coordinators[job.job]?.value {
            return coordinator.waitingReasons().map { reason in
                WaitingView(live(reason, of: job.job), clock)
            }
        }
        guard job.status == JobStatus.waiting.rawValue else { return [] }
        return job.keys.compactMap { rows.members[$0]?.value }.flatMap { member in
            member.waitingReasons(shortage: rows.ledger.shortage(of: member.key), clock)
        }
    }

    /// A reason of a party of this site with the ledger's present word.
    private func live(_ reason: WaitingReason, of job: JobID) -> WaitingReason {
        guard let party = reason.party,
            let shortage = rows.ledger.shortage(of: MemberKey(job: job, party: party))
        else { return reason }
        return WaitingReason(
            WaitingReason.Kind(shortage.cause), party: party, missing: shortage.missing, place: shortage.place,
            words: shortage.words, since: reason.since)
    }
}

extension JobRecord {
    /// The members that the job has, wherever they are.
    fileprivate var keys: [MemberKey] {
        Role.allCases.flatMap { role in
            (parties[role.rawValue] ?? []).map { MemberKey(job: job, party: Party(role: role, id: $0)) }
        }
    }
}

/// Instants of this run as wall time.
struct InstantClock: Sendable {
    private let offset = Clocks.wallMilliseconds() - Clocks.monotonicMilliseconds()

    func wall(_ instant: Instant) -> Int64 { instant.milliseconds + offset }
}
