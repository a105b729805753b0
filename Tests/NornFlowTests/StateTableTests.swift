import Foundation
import NornFlow
import Testing

@Suite struct StateTableTests {
    private static func table<Machine: StateMachine>(_: Machine.Type) -> String {
        Machine.allCases.map { state in
            let next = Machine.transitions[state, default: []].map(\.rawValue).sorted().joined(separator: ", ")
            return next.isEmpty ? "\(state.rawValue) ->" : "\(state.rawValue) -> \(next)"
        }.joined(separator: "\n")
    }

    private static let tables: [String: String] = [
        "JobStatus": table(JobStatus.self), "JobPhase": table(JobPhase.self), "TaskStatus": table(TaskStatus.self),
        "AttemptStatus": table(AttemptStatus.self), "WorkerStatus": table(WorkerStatus.self),
        "ApprovalStatus": table(ApprovalStatus.self), "ReservationStatus": table(ReservationStatus.self),
    ]

    @Test(arguments: tables.keys.sorted()) func theTextDrawsTheTableOfTheCode(_ name: String) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/NornFlow/STATES.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let section = try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix(name + "\n") })
        let drawn = try #require(section.components(separatedBy: "```\n").dropFirst().first)
        #expect(drawn.trimmingCharacters(in: .newlines) == Self.tables[name])
    }

    private func reachable<Machine: StateMachine>(_: Machine.Type) -> Set<Machine> {
        var seen: Set<Machine> = [Machine.initial]
        var left = [Machine.initial]
        while let state = left.popLast() {
            for next in Machine.transitions[state, default: []] where seen.insert(next).inserted { left.append(next) }
        }
        return seen
    }

    @Test func everyStateCanBeReached() {
        #expect(reachable(JobStatus.self).count == JobStatus.allCases.count)
        #expect(reachable(JobPhase.self).count == JobPhase.allCases.count)
        #expect(reachable(TaskStatus.self).count == TaskStatus.allCases.count)
        #expect(reachable(AttemptStatus.self).count == AttemptStatus.allCases.count)
        #expect(reachable(WorkerStatus.self).count == WorkerStatus.allCases.count)
        #expect(reachable(ApprovalStatus.self).count == ApprovalStatus.allCases.count)
        #expect(reachable(ReservationStatus.self).count == ReservationStatus.allCases.count)
    }

    @Test func aFinalStateOfAJobChangesOnlyByRerun() {
        for status in JobStatus.allCases where status.isFinal { #expect(JobStatus.transitions[status] == [.waiting]) }
        for status in TaskStatus.allCases where status.isFinal { #expect(TaskStatus.transitions[status] == [.waiting]) }
        for status in AttemptStatus.allCases where status.isFinal { #expect(AttemptStatus.transitions[status] == nil) }
        for status in WorkerStatus.allCases where status.isFinal { #expect(WorkerStatus.transitions[status] == nil) }
    }
}
