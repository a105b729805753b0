import Glibc
import NornKit

/// One party's attempt, as its site sees it. Only the site's thread touches it while it runs.
final class TestAttempt {
    let party: Party
    let channel: TestChannel
    var report = TestReport()
    private(set) var isClosed = false

    init(party: Party, channel: TestChannel) {
        self.party = party
        self.channel = channel
    }

    func close() {
        isClosed = true
        Glibc.close(channel.descriptor)
    }
}
