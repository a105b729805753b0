import Foundation
import NornFlow
import NornManifest
import Testing

@testable import NornSite

/// What goes to a site of an earlier protocol names nothing that came later.
@Suite struct FirstVersionFormTests {
    private static let later: Set = [
        "contractNumber", "timing", "isPaused", "priority", "dependsOn", "inheritance", "words",
    ]

    /// Names of members at any depth.
    private func names(_ json: JSON) -> Set<String> {
        switch json {
        case .object(let object):
            object.members.reduce(into: []) { $0.formUnion(names($1.value).union([$1.key])) }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(names($1)) }
        default: []
        }
    }

    private func sent(_ message: Message, in version: Int) throws -> Set<String> {
        names(try JSON(parsing: Array(JSONEncoder().encode(message.spoken(in: version)))))
    }

    @Test func ordersOfARerunOfAPausedJobAreWhatPart1Knows() throws {
        let now = Instant(milliseconds: 1)
        var parameters = JobParameters(dependsOn: ["0"], inheritance: Inheritance(job: "0", tasks: ["a"]))
        parameters.priority = 3
        let timing = Timing(leaseMilliseconds: 3000, graceMilliseconds: 1000, renewalMilliseconds: 1000)
        let job = HeartUnderTest.job("1", parameters: parameters)
        var coordinator = Coordinator(job: job, fence: 1, timing: timing, at: now)
        var orders = coordinator.step(.submitted, at: now).compactMap { effect in
            if case .send(.orders(let orders)) = effect { orders } else { nil }
        }
        for event in [Coordinator.Event.setPriority(7, by: "ada"), .pause(by: "ada")] {
            orders += coordinator.step(event, at: now).compactMap { effect in
                if case .send(.orders(let orders)) = effect { orders } else { nil }
            }
        }
        #expect(!orders.isEmpty)
        var newest: Set<String> = []
        for var orders in orders {
            orders.contractNumber = 2
            newest.formUnion(try sent(.orders(orders), in: 2))
            let first = try sent(.orders(orders), in: 1)
            // The contract of part 1 has a priority of its own.
            #expect(first.intersection(Self.later.subtracting(["priority"])).isEmpty, "\(first)")
        }
        #expect(newest.isSuperset(of: ["contractNumber", "timing", "dependsOn", "inheritance"]), "\(newest)")
    }
}
