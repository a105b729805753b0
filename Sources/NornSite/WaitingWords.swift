import Foundation
import NornFlow

/// Reasons in words.
extension WaitingView {
    init(_ reason: WaitingReason, _ clock: InstantClock) {
        self.init(
            kind: reason.kind.rawValue, party: reason.party.text, missing: reason.missing.map(Missing.init),
            place: reason.place, since: clock.wall(reason.since), text: WaitingWords.sentence(reason))
    }

    /// The sentence with its time, for a list.
    var line: String { "\(text), since \(WaitingWords.time(since))" }
}

extension WaitingView.Missing {
    init(_ amount: MissingAmount) {
        self.init(kind: amount.kind.rawValue, wanted: amount.wanted, available: amount.available)
    }
}

enum WaitingWords {
    /// `2026-11-23 23:45:10 UTC`.
    static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return String(
            format: "%04d-%02d-%02d %02d:%02d:%02d UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
            parts.tm_hour, parts.tm_min, parts.tm_sec)
    }

    static func sentence(_ reason: WaitingReason) -> String {
        let party = reason.party.text
        let words = reason.words.map { ": \($0)" } ?? ""
        switch reason.kind {
        case .beingChecked: return "\(party) checks its rules"
        case .partnerUnreachable: return "\(party) does not answer"
        case .waitingForApproval: return "a person at \(party) has to approve\(words)"
        case .resourcesMissing:
            return "\(party) has too little free: \(amounts(reason.missing))\(queue(reason.place))"
        case .behindOthers: return "others are before it at \(party)\(queue(reason.place))"
        case .beingReserved: return "\(party) reserves resources"
        }
    }

    private static func queue(_ place: Int?) -> String { place.map { ", place \($0) in the queue" } ?? "" }

    private static func amounts(_ missing: [MissingAmount]) -> String {
        missing.map { amount in
            switch amount.kind {
            case .cores: "\(amount.wanted) cores wanted, \(max(amount.available, 0)) free"
            case .memoryBytes: "\(mebibytes(amount.wanted)) of memory wanted, \(mebibytes(amount.available)) free"
            case .workingNodes: "\(amount.wanted) working nodes wanted, \(max(amount.available, 0)) free"
            }
        }.joined(separator: "; ")
    }

    private static func mebibytes(_ bytes: Int64) -> String { "\(max(bytes, 0) >> 20) MiB" }

    /// A list of reasons on one line; nil when there is none.
    static func line(_ reasons: [WaitingView]) -> String? {
        reasons.isEmpty ? nil : reasons.map(\.line).joined(separator: "; ")
    }
}

/// Why a job waits as a site sees it that does not coordinate it: its own part in full, and that the rest is elsewhere.
extension Member {
    func waitingReasons(shortage: Shortage?, _ clock: InstantClock) -> [WaitingView] {
        guard orders.end == nil else { return [] }
        func view(_ kind: WaitingReason.Kind, _ text: String, _ shortage: Shortage? = nil) -> WaitingView {
            WaitingView(
                WaitingReason(
                    kind: kind, party: key.party, missing: shortage?.missing ?? [], place: shortage?.place,
                    words: text, since: reservation.since), clock)
        }
        if approval == .waitingForApproval {
            let why = failure.map { "\($0.what); " } ?? ""
            return [view(.waitingForApproval, "\(why)norn job approve \(key.job)")]
        }
        guard approval == .approved else { return approval == .checking ? [view(.beingChecked, "")] : [] }
        switch reservation.status {
        case .short:
            let present = shortage ?? reservation.shortage
            return [view(present?.missing.isEmpty == true ? .behindOthers : .resourcesMissing, "", present)]
        case .asked: return [view(.beingReserved, "")]
        case .none, .held, .confirmed, .releasing:
            let initiator = job.initiator.text
            return [
                WaitingView(
                    kind: "others_awaited", party: initiator, missing: [], place: nil,
                    since: clock.wall(reservation.since),
                    text: "\(key.party.text) is ready; the site of \(initiator) knows for whom the job waits")
            ]
        }
    }
}
