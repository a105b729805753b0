import Foundation
import NornABI
import NornHost
import NornManifest
import Testing
import WorkerHarness

/// Several attempts in one process, each on threads of its own, as a test host runs them.
@Suite(.serialized) struct InProcessTests {
    /// Runs an attempt on a thread; its status is given to the site's record as an end message anyway.
    private func run(_ message: StartMessage, site: TestSite, worker: Int, role: String, party: String) throws {
        var ends: [Int32] = [0, 0]
        try #require(harness_channel(&ends) == 0)
        TestSite.send(ends[0], .map(message.map))
        site.serve(worker, channel: ends[0], role: role, party: party)
        let channel = ends[1]
        Thread.detachNewThread {
            var options = norn_attempt_options()
            options.channel_fd = channel
            options.black_box_fd = -1
            options.in_process = true
            var error = norn_error()
            error.struct_size = UInt32(MemoryLayout<norn_error>.size)
            _ = norn_attempt_run(&options, &error)
        }
    }

    @Test func allPartiesRunInOneProcess() throws {
        let scratch = (try Scratch(), try Scratch())
        let site = TestSite()
        try run(
            .run("CountExample", plugin: Products.count, scratch: scratch.0.path, rows: 5),
            site: site, worker: 0, role: "guest", party: "9999")
        try run(
            .run(
                "CountExample", plugin: Products.count, role: "host", party: "10000", scratch: scratch.1.path, rows: 6),
            site: site, worker: 1, role: "host", party: "10000")
        #expect(site.end(of: 0)?["status"]?.asInt == 0)
        #expect(site.end(of: 1)?["status"]?.asInt == 0)
        let summary = try site.value(of: 0, call: "summary")
        #expect(summary.asMap?.values.contains(11) == true, "\(summary)")
    }

    @Test func lostChannelCancelsTheAttemptAndNotTheProcess() throws {
        let scratch = try Scratch()
        let site = TestSite()
        try run(
            .run("Patient", scratch: scratch.path), site: site, worker: 0, role: "guest", party: "9999")
        #expect(site.packet(of: 0, call: "wait") != nil)
        site.hangUp(0)
        #expect(site.packet(of: 0) { $0["call"]?.asText == "never" } == nil)
    }
}
