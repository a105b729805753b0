import Foundation
import NornFlow
import NornManifest
import Testing

@testable import NornSite

/// Bytes that a site of part 1 really sent: they are read, and mean what they meant.
@Suite struct PartOneMessageTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/part1-messages")

    private func message(_ name: String) throws -> Message {
        let data = try Data(contentsOf: Self.folder.appending(path: name + ".json"))
        let message = try JSONDecoder().decode(Message.self, from: data)
        #expect(PartnerNumbers.flaw(in: message) == nil)
        #expect(PartnerNames.flaw(in: message) == nil)
        return message
    }

    private func orders(_ name: String) throws -> Orders {
        guard case .orders(let orders) = try message(name) else { throw Missing() }
        return orders
    }

    private func report(_ name: String) throws -> Report {
        guard case .report(let report) = try message(name) else { throw Missing() }
        return report
    }

    @Test func ordersOfPart1MakeAMemberThatRunsAndStops() throws {
        let now = Instant(milliseconds: 1000)
        let first = try orders("orders-contract")
        #expect(first.contractNumber == 0 && first.timing == .standard)
        var member = try #require(Member(for: first, site: "s", epoch: 1, at: now))
        #expect(member.job.tasks.map(\.module) == ["SecureAddExample"])
        let effects = member.step(.orders(first), at: now)
        #expect(effects.contains { if case .check = $0 { true } else { false } })
        let run = try orders("orders-run")
        #expect(run.body.reservation.want == .confirm)
        #expect(run.body.attempts.map(\.number) == [0] && run.body.attempts[0].stop == nil)
        let stop = try orders("orders-stop")
        #expect(stop.body.attempts[0].stop?.code == .siteRestarted)
        let end = try orders("orders-end")
        #expect(end.body.end == .canceled && end.body.endFailure?.code == .stopped)
    }

    @Test func reportsOfPart1SayHowThingsStand() throws {
        let approved = try report("report-approved")
        #expect(approved.contractNumber == nil && approved.body.approval == .approved)
        #expect(approved.body.claim != nil && approved.body.capacity != nil)
        #expect(try report("report-running").body.attempts.map(\.status) == [.running])
        let lost = try report("report-lost")
        #expect(lost.body.attempts.map(\.status) == [.lost])
        #expect(lost.body.attempts[0].failure?.code == .siteRestarted)
        #expect(try report("report-settled").body.settled)
    }

    /// What this release sends has all that part 1 reads, in a form that it knows.
    @Test func whatWeSendHasTheFieldsOfPart1() throws {
        for name in ["orders-contract", "orders-run", "orders-stop", "report-lost", "report-settled"] {
            let data = try Data(contentsOf: Self.folder.appending(path: name + ".json"))
            let sent = try JSON(parsing: Array(JSONEncoder().encode(message(name))))
            #expect(missing(try JSON(parsing: Array(data)), in: sent, at: name) == [])
        }
    }

    @Test func aReasonThatPart1DoesNotKnowGoesAsOneThatItDoes() throws {
        for code in Failure.Code.allCases {
            let data = try JSONEncoder().encode(Failure(code, "why"))
            let sent = try #require(try JSON(parsing: Array(data))["code"]?.asString)
            #expect(Self.codesOfPart1.contains(sent), "\(code)")
            if code != .unknown { #expect(try JSONDecoder().decode(Failure.self, from: data).code == code) }
        }
    }

    private static let codesOfPart1: Set = [
        "component_failed", "worker_crashed", "worker_not_started", "site_restarted", "lease_ended", "reservation_lost",
        "partner_unreachable", "stopped", "other_party_ended", "task_timeout", "job_timeout", "refused",
        "never_grantable", "invalid_job",
    ]

    /// Paths of values that the one has and the other has not, or has otherwise.
    private func missing(_ old: JSON, in new: JSON, at path: String) -> [String] {
        switch (old, new) {
        case (.object(let old), .object(let new)):
            return old.members.flatMap { member in
                new[member.key].map { missing(member.value, in: $0, at: "\(path).\(member.key)") }
                    ?? ["\(path).\(member.key)"]
            }
        case (.array(let old), .array(let new)) where old.count == new.count:
            // Dictionaries with keys that are no texts are lists of keys and values, in any order.
            return old.allSatisfy(new.contains) ? [] : zip(old, new).flatMap { missing($0, in: $1, at: path + "[]") }
        default: return old == new ? [] : [path]
        }
    }

    private struct Missing: Error {}
}
