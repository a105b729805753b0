import NornManifest
import Testing

@testable import NornWorkers

@Suite struct WorkerStartTests {
    @Test func keepsSocketsOutUnlessTheyAreAllowed() throws {
        var start = try Scene().start("any")
        #expect(start.message["sandbox"]?["network"] == true)
        start.sandbox.network = true
        #expect(start.message["sandbox"]?["network"] == false)
    }
}
