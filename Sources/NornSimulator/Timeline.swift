import NornFlow

/// A history for a person to read.
enum Timeline {
    static func line(_ milliseconds: Int64, _ site: String, _ text: String) -> String {
        let seconds = milliseconds / 1_000
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60)
        let clock = [hours, minutes, seconds % 60].map { pad(String($0), to: 2, with: "0") }.joined(separator: ":")
        let rest = pad(String(milliseconds % 1_000), to: 3, with: "0")
        return "\(clock).\(rest)  \(pad(site, to: 7, with: " ", isLeft: false))\(text)"
    }

    private static func pad(_ text: String, to width: Int, with sign: Character, isLeft: Bool = true) -> String {
        let padding = String(repeating: sign, count: max(0, width - text.count))
        return isLeft ? padding + text : text + padding
    }

    static func words(_ event: Coordinator.Event) -> String {
        switch event {
        case .report(let report): words(report)
        default: "\(event)"
        }
    }

    static func words(_ event: Member.Event) -> String {
        switch event {
        case .orders(let orders): words(orders)
        case .checked(let verdict, _): words(verdict)
        case .ledgerAnswered(let answer): words(answer)
        case .attemptStarted(let task, let number): "\(task)/\(number) runs"
        case .attemptEnded(let task, let number, let outcome): "\(task)/\(number) ended: \(words(outcome))"
        default: "\(event)"
        }
    }

    static func words(_ event: Ledger.Event) -> String {
        switch event {
        case .configured(let capacity, _):
            "has " + capacity.map { "\($0.value.cores) cores of \($0.key)" }.joined(separator: ", ")
        case .admission(let isOpen, let why): isOpen ? "open for new jobs" : "closed for new jobs: \(why)"
        case .request(.hold(let member, let round, let claim, _, _, _)):
            "hold \(claim.resources.cores) cores for \(member), round \(round)"
        case .request(.confirm(let member, let round)): "confirm \(member), round \(round)"
        case .request(.release(let member, let round)): "release \(member), round \(round)"
        }
    }

    static func words(_ entry: LogEntry) -> String {
        let place = [entry.party?.description, entry.task, entry.attempt.map(String.init)].compactMap(\.self)
        let failure = entry.failure.map { " (\($0.what))" } ?? ""
        return "\(entry.subject) \(place.joined(separator: "/")): \(entry.from ?? "-") -> \(entry.to)\(failure)"
    }

    private static func words(_ report: Report) -> String {
        let body = report.body
        let attempts = body.attempts.map { "\($0.task)/\($0.number) \($0.status)" }.joined(separator: ", ")
        return "report \(report.epoch).\(report.number) of \(report.from), heard \(report.fence)."
            + "\(report.acknowledgedOrders): \(body.approval), \(body.reservation.status) "
            + "\(body.reservation.round) [\(attempts)]\(body.wantsStop ? " wants stop" : "")"
            + (body.settled ? " settled" : "")
    }

    private static func words(_ orders: Orders) -> String {
        let body = orders.body
        let attempts = body.attempts.map { "\($0.task)/\($0.number)\($0.stop == nil ? "" : " stop")" }
        let end = body.end.map { " end \($0)" } ?? ""
        return "orders \(orders.fence).\(orders.number) for \(orders.to), beat \(orders.heartbeat): "
            + "\(body.reservation.want) \(body.reservation.round) [\(attempts.joined(separator: ", "))]\(end)"
    }

    private static func words(_ verdict: Member.Verdict) -> String {
        switch verdict {
        case .accepted: "the rules say yes"
        case .waitingForApproval: "a person has to say yes"
        case .refused(let failure): "the rules say no: \(failure.what)"
        }
    }

    private static func words(_ answer: LedgerAnswer) -> String {
        switch answer {
        case .held(_, let round): "the ledger holds for round \(round)"
        case .short(_, let round, let shortage):
            "the ledger is short for round \(round): \(shortage.cause), place \(shortage.place)"
                + (shortage.blockedByOlder ? ", behind an older one" : "")
        case .giveBack(_, let round, let failure): "the ledger wants round \(round) back: \(failure.what)"
        }
    }

    private static func words(_ outcome: Member.WorkerOutcome) -> String {
        switch outcome {
        case .success: "success"
        case .failed(let failure): failure.what
        }
    }
}
