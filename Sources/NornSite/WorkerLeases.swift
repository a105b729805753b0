import NornFlow
import NornWorkers

/// Tells workers until when they may live. A site that stands still, or whose store is away, tells them nothing, and
/// they end themselves before their coordinator takes them for dead and begins another attempt.
struct WorkerLeases: Sendable {
    /// How often leases are looked at: well within the shortest.
    static let intervalMilliseconds = 500

    let driver: HeartDriver
    let runner: AttemptRunner

    func run() async {
        var told: [MemberKey: Int] = [:]
        while !Task.isCancelled {
            let members = runner.running
            if !members.isEmpty {
                let times = await driver.workersEnd(of: members)
                // Within the resolution of the clocks the same time is no news.
                runner.letLive(until: times.filter { $0.value - (told[$0.key] ?? 0) > 1 })
                told = times
            } else {
                told = [:]
            }
            try? await Task.sleep(for: .milliseconds(Self.intervalMilliseconds))
        }
    }
}

extension HeartDriver {
    /// Until when workers of these members may live, by the leases that are durable, in milliseconds of `LeaseClock`;
    /// nothing of a member that holds none: it ends its workers itself.
    func workersEnd(of members: Set<MemberKey>) -> [MemberKey: Int] {
        let ahead = Int64(LeaseClock.milliseconds()) - Self.now().milliseconds
        var times: [MemberKey: Int] = [:]
        for key in members {
            times[key] = rows.members[key]?.value.workersEndAt.map { Int($0.milliseconds + ahead) }
        }
        return times
    }
}
