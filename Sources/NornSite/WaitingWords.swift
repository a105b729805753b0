import Foundation
import NornFlow

/// Reasons in words.
extension WaitingView {
    init(_ reason: WaitingReason, _ clock: InstantClock) {
        self.init(
            kind: reason.kind.rawValue, party: reason.party?.text, missing: reason.missing.map(Missing.init),
            place: reason.place, since: clock.wall(reason.since), text: reason.line)
    }

    /// The sentence with its time, for a list.
    var line: String { "\(text), since \(Self.time(since))" }

    /// A list of reasons on one line; nil when there is none.
    static func line(_ reasons: [WaitingView]) -> String? {
        reasons.isEmpty ? nil : reasons.map(\.line).joined(separator: "; ")
    }

    /// `2026-11-23 23:45:10 UTC`.
    static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d-%02d-%02d %02d:%02d:%02d UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec)
    }
}

extension WaitingView.Missing {
    init(_ amount: MissingAmount) {
        self.init(kind: amount.kind.rawValue, wanted: amount.wanted, available: amount.available)
    }
}

/// Why a job waits as a site sees it that does not coordinate it: its own part in full, and that the rest is elsewhere.
extension Member {
    func waitingReasons(shortage: Shortage?, _ clock: InstantClock) -> [WaitingView] {
        guard orders.end == nil else { return [] }
        func view(_ kind: WaitingReason.Kind, _ shortage: Shortage? = nil, words: String? = nil) -> WaitingView {
            WaitingView(
                WaitingReason(
                    kind, party: key.party, missing: shortage?.missing ?? [], place: shortage?.place,
                    words: words ?? shortage?.words, since: reservation.since), clock)
        }
        if orders.isPaused {
            let pause = WaitingReason(.paused, words: "the initiator \(job.initiator.text)", since: reservation.since)
            return [WaitingView(pause, clock)]
        }
        switch approval {
        case .waitingForApproval:
            let why = failure.map { "\($0.what); " } ?? ""
            return [view(.waitingForApproval, words: "\(why)norn job approve \(key.job)")]
        case .checking: return [view(.beingChecked)]
        case .refused: return []
        case .approved: break
        }
        switch reservation.status {
        case .short:
            let present = shortage ?? reservation.shortage
            return [view(WaitingReason.Kind(present?.cause), present)]
        case .asked: return [view(.beingReserved)]
        case .none, .held, .confirmed, .releasing: return [othersAwaited(clock)]
        }
    }

    private func othersAwaited(_ clock: InstantClock) -> WaitingView {
        let initiator = job.initiator.text
        return WaitingView(
            kind: "others_awaited", party: initiator, missing: [], place: nil, since: clock.wall(reservation.since),
            text: "\(key.party.text) is ready; the site of \(initiator) knows for whom the job waits")
    }
}

extension WaitingReason.Kind {
    /// The reason that a shortage is.
    init(_ cause: Shortage.Cause?) {
        switch cause {
        case .behindOthers: self = .behindOthers
        case .limit: self = .limitReached
        case .lowDisk: self = .lowDisk
        case .missing, nil: self = .resourcesMissing
        }
    }
}
