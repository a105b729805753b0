import Foundation
import NornManifest
import NornSite

/// A job for people.
enum JobPrinting {
    static func all(_ detail: JobDetail) {
        let summary = detail.summary
        print("job        \(summary.job)")
        print("status     \(summary.status)")
        for warning in summary.warnings ?? [] { print("warning    \(warning)") }
        waiting(detail.waiting)
        print("submitter  \(summary.submitter) at \(summary.initiator)")
        let parties = summary.parties.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.joined(separator: ","))" }
        print("parties    \(parties.joined(separator: ", "))")
        approvals(detail.approvals)
        print("created    \(Printing.time(summary.created))")
        end(detail)
    }

    /// What a person decided or has to; what rules let go is not worth a line.
    static func approvals(_ approvals: [PartyApprovalView]) {
        for approval in approvals where approval.status != "approved" || approval.by != nil {
            let words = approval.status.replacingOccurrences(of: "_", with: " ")
            let person = approval.by.map { " by \($0)" } ?? ""
            print("approval   \(approval.role) \(approval.party): \(words)\(person)")
        }
    }

    /// What matters when it is over: times, errors, metrics, models.
    static func end(_ detail: JobDetail) {
        tasks(detail)
        attempts(detail.attempts)
        failures(detail)
        metrics(detail)
        models(detail.models)
    }

    static func tasks(_ detail: JobDetail) {
        print("")
        Printing.table(
            ["TASK", "COMPONENT", "STATUS", "TIME", "PARTIES"],
            detail.tasks.map { task in
                let time = task.started.flatMap { started in task.ended.map { $0 - started } }
                let parties = task.parties.map { party in
                    "\(party.role) \(party.party) \(party.status) \(Printing.duration(party.milliseconds))"
                }
                return [
                    task.task, task.component, task.status + (task.waiting.map { " (\($0))" } ?? ""),
                    Printing.duration(time), parties.joined(separator: ", "),
                ]
            })
        let total = detail.summary.ended.map { $0 - detail.summary.created }
        print(
            "\njob \(detail.summary.job): \(detail.summary.status)\(total.map { " in \(Printing.duration($0))" } ?? "")"
        )
    }

    /// Why a job waits, a line for each reason.
    static func waiting(_ reasons: [WaitingView]) {
        for (index, reason) in reasons.enumerated() {
            print("\(index == 0 ? "waiting   " : "          ") \(reason.text) (since \(Printing.time(reason.since)))")
        }
    }

    /// What each attempt here was declared to need, granted, and used.
    static func attempts(_ attempts: [AttemptView]) {
        guard !attempts.isEmpty else { return }
        func amounts(_ view: AmountsView?) -> [String] {
            view.map { ["\($0.cores)", mebibytes($0.memoryBytes)] } ?? ["-", "-"]
        }
        print("")
        Printing.table(
            [
                "ATTEMPT", "PARTY", "STATUS", "CORES DECLARED", "GRANTED", "CPU USED", "MEMORY DECLARED", "GRANTED",
                "PEAK",
            ],
            attempts.map { attempt in
                let (declared, granted) = (amounts(attempt.declared), amounts(attempt.granted))
                return [
                    "\(attempt.task)/\(attempt.attempt)", "\(attempt.role) \(attempt.party)", attempt.status,
                    declared[0], granted[0], Printing.duration(attempt.processorMilliseconds), declared[1], granted[1],
                    attempt.peakMemoryBytes.map(mebibytes) ?? "-",
                ]
            })
    }

    private static func mebibytes(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }

    static func failures(_ detail: JobDetail) {
        if let failure = detail.summary.failure {
            print("\nwhy: \(failure)")
        }
        for attempt in detail.attempts {
            guard let failure = attempt.failure else { continue }
            print("  \(attempt.task)/\(attempt.attempt) at \(attempt.role) \(attempt.party): \(failure)")
        }
    }

    /// Values of a list that one line shows.
    private static let valuesOfALine = 12

    /// Summaries of the parties of this site, and the series that they measured.
    static func metrics(_ detail: JobDetail) {
        for summary in detail.summaries {
            guard let members = summary.value.asObject?.members, !members.isEmpty else { continue }
            print("\nsummary of \(summary.task) at \(summary.role) \(summary.party)")
            for (name, value) in members { named(name, value, indent: "  ") }
        }
        guard !detail.metrics.isEmpty else { return }
        print("")
        Printing.table(
            ["METRIC", "TASK", "PARTY", "VALUES"],
            detail.metrics.map { [$0.name, $0.task, "\($0.role) \($0.party)", points($0.value)] })
    }

    /// The points of a series on one line: named values with their names, a loss by its values, a curve by its length.
    static func points(_ value: JSON) -> String {
        guard let points = value["points"]?.asArray else { return Printing.value(value) }
        let isCurve = value["type"]?.asString.map { $0.hasSuffix("_EVALUATION") || $0 == "CONFUSION_MAT" } ?? false
        if isCurve { return "\(points.count) points" }
        let shown = points.suffix(valuesOfALine).map { point -> String in
            guard let pair = point.asArray, pair.count == 2 else { return Printing.value(point) }
            let name = pair[0].asString.map { $0 + " " } ?? ""
            return name + Printing.value(pair[1])
        }
        let separator = points.first?[0]?.asString == nil ? " " : ", "
        return (points.count > shown.count ? "… " : "") + shown.joined(separator: separator)
    }

    static func models(_ models: [TrackingView]) {
        for model in models {
            print("\nmodel of \(model.task) at \(model.role) \(model.party): \(model.name)")
            for (name, value) in model.value.asObject?.members ?? [] { named(name, value, indent: "  ") }
        }
    }

    /// A value under its name: a map as lines of its own, a list on one line; what is empty is left out.
    private static func named(_ name: String, _ value: JSON, indent: String) {
        switch value {
        case .null:
            return
        case .object(let object):
            guard !object.isEmpty else { return }
            print("\(indent)\(name)")
            for (inner, value) in object.members.sorted(by: { natural($0.key, $1.key) }) {
                named(inner, value, indent: indent + "  ")
            }
        case .array(let values):
            guard !values.isEmpty else { return }
            let shown = values.suffix(valuesOfALine).map(Printing.value).joined(separator: " ")
            print("\(indent)\(name) = \(values.count > valuesOfALine ? "… " : "")\(shown)")
        default:
            print("\(indent)\(name) = \(Printing.value(value))")
        }
    }

    /// x2 before x10.
    private static func natural(_ left: String, _ right: String) -> Bool {
        left.compare(right, options: .numeric) == .orderedAscending
    }
}
