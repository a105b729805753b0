import NornFlow
import Testing

@testable import NornSite

/// Numbers from a partner are added and multiplied here.
@Suite struct PartnerNumbersTests {
    private static let guest = Party(role: .guest, id: "9999")
    private static let host = Party(role: .host, id: "10000")
    private static let now = Instant(milliseconds: 1)

    private static func orders() throws -> Orders {
        let job = Job(
            id: "1", initiator: guest, parties: [guest, host],
            tasks: [JobTask(name: "toy_0", module: "SecureAddExample", parties: [guest, host])])
        var coordinator = Coordinator(job: job, fence: 1, at: now)
        let sent = coordinator.step(.submitted, at: now).compactMap { effect in
            if case .send(.orders(let orders)) = effect, orders.to == host { orders } else { nil }
        }
        return try #require(sent.last)
    }

    private static func report() throws -> Report {
        let orders = try orders()
        var member = try #require(Member(for: orders, site: "s", epoch: 1, at: now))
        _ = member.step(.orders(orders), at: now)
        let need = Resources(cores: 1, memoryBytes: 1 << 28, workingNodes: 1)
        let terms = Member.Terms(engine: "local", needs: ["toy_0": need], capacity: need)
        let sent = member.step(.checked(.accepted(terms)), at: now).compactMap { effect in
            if case .send(.report(let report)) = effect { report } else { nil }
        }
        return try #require(sent.last)
    }

    @Test func whatTheHeartSaysItselfIsRight() throws {
        #expect(PartnerNumbers.flaw(in: .orders(try Self.orders())) == nil)
        #expect(PartnerNumbers.flaw(in: .report(try Self.report())) == nil)
    }

    private static let wrongOrders: [@Sendable (inout Orders) -> Void] = [
        { $0.contract?.parameters.sizes.taskCores = -1 },
        { $0.contract?.parameters.sizes.taskCores = .max },
        { $0.contract?.parameters.sizes.memoryBytes = -1 },
        { $0.contract?.parameters.partySizes[host] = JobSizes(memoryBytes: .max) },
        { $0.contract?.parameters.partySizes[host] = JobSizes(computingPartitions: 0) },
        { $0.contract?.parameters.priority = .min },
        { $0.contract?.parameters.taskParallelism = 0 },
        { $0.contract?.parameters.timeoutSeconds = .max },
        { $0.contract?.parameters.autoRetries = -1 },
        { $0.contract?.parameters.autoRetryDelaySeconds = .max },
        { $0.contract?.tasks[0].timeoutSeconds = .max },
        { $0.contract?.tasks = [] },
        { $0.contract?.parties = (0...PartnerNumbers.partiesMaximum).map { Party(role: .host, id: "\($0)") } },
        { $0.body.reservation.round = .max },
        { $0.body.reservation.round = -1 },
        { $0.body.reservation.together = Resources(cores: .max) },
        { $0.body.reservation.together = Resources(memoryBytes: -1) },
        { $0.body.endFailure = Failure(.stopped, String(repeating: "a", count: 20_000)) },
        { $0.number = .max },
    ]

    @Test(arguments: wrongOrders.indices)
    func ordersOutOfRangeAreNamed(index: Int) throws {
        var orders = try Self.orders()
        Self.wrongOrders[index](&orders)
        #expect(PartnerNumbers.flaw(in: .orders(orders)) != nil)
    }

    private static let wrongReports: [@Sendable (inout Report) -> Void] = [
        { $0.body.claim?.resources.cores = .max },
        { $0.body.claim?.resources.memoryBytes = .max },
        { $0.body.claim?.resources.workingNodes = -1 },
        { $0.body.capacity?.memoryBytes = .min },
        { $0.body.reservation.round = .max },
        { $0.body.reservation.shortage = Shortage(missing: [], place: .min) },
        { $0.epoch = .max },
    ]

    @Test(arguments: wrongReports.indices)
    func reportsOutOfRangeAreNamed(index: Int) throws {
        var report = try Self.report()
        Self.wrongReports[index](&report)
        #expect(PartnerNumbers.flaw(in: .report(report)) != nil)
    }
}
