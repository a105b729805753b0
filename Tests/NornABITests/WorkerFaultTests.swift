import Foundation
import NornHost
import NornManifest
import Testing
import WorkerHarness

/// What a worker does when its component, its site or its cancel go wrong.
@Suite(.serialized) struct WorkerFaultTests {
    @Test func crashLeavesSignalPhaseCallAndLastLine() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Crash", scratch: scratch.path), scratch: scratch)
        #expect(site.end(of: 0) == nil)
        #expect(worker.wait() == (-1, SIGSEGV))
        try worker.blackBox { box in
            #expect(box.magic == UInt64(NORN_BLACK_BOX_MAGIC))
            #expect(box.signal == UInt32(SIGSEGV))
            #expect(box.fault_phase == NORN_PHASE_RUNNING)
            #expect(box.fault_address == 8)
            #expect(box.call_count > 0)
            #expect(box.line_count == 1)
            let line = withUnsafeBytes(of: box.lines.0.text) {
                String(decoding: $0.prefix(Int(box.lines.0.count)), as: UTF8.self)
            }
            #expect(line == "the last words")
        }
    }

    @Test func stackOverflowIsReportedToo() throws {
        let scratch = try Scratch()
        let (_, worker) = try startWorker(.run("Overflow", scratch: scratch.path), scratch: scratch)
        #expect(worker.wait() == (-1, SIGSEGV))
        try worker.blackBox { #expect($0.signal == UInt32(SIGSEGV)) }
    }

    @Test func backtraceIsPrintedWhenAuthorsAskForIt() throws {
        let scratch = try Scratch()
        let site = TestSite()
        let worker = try WorkerProcess(scratch: scratch, argument: "--backtrace")
        worker.start(.run("Crash", scratch: scratch.path))
        site.serve(0, channel: worker.channel, role: "guest", party: "9999")
        #expect(worker.wait() == (-1, SIGSEGV))
        #expect(try String(contentsOfFile: worker.errors, encoding: .utf8).contains("libnorn_test_fixture.so"))
    }

    @Test func channelsEndEndsTheWorkerAtOnce() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Deaf", scratch: scratch.path), scratch: scratch)
        #expect(site.packet(of: 0, call: "log") != nil)
        site.hangUp(0)
        #expect(worker.wait() == (NORN_EXIT_CHANNEL_LOST, 0))
        try worker.blackBox { #expect($0.exit_code == UInt32(NORN_EXIT_CHANNEL_LOST)) }
    }

    /// The site is there, and says nothing.
    @Test func aWorkerWhoseLeaseIsNotRenewedEndsItself() throws {
        let scratch = try Scratch()
        let message = StartMessage.run("Deaf", scratch: scratch.path).with("live_until", .int(leaseTime(300)))
        let (site, worker) = try startWorker(message, scratch: scratch)
        #expect(site.packet(of: 0, call: "log") != nil)
        #expect(worker.wait() == (NORN_EXIT_LEASE_ENDED, 0))
        try worker.blackBox { box in
            #expect(box.exit_code == UInt32(NORN_EXIT_LEASE_ENDED))
            #expect(text(of: box.note).contains("did not renew the lease"))
        }
    }

    @Test func aWorkerLivesAsLongAsItsLeaseIsRenewed() throws {
        let scratch = try Scratch()
        let end = leaseTime(1_000)
        let message = StartMessage.run("Deaf", scratch: scratch.path).with("live_until", .int(end))
        let (site, worker) = try startWorker(message, scratch: scratch)
        let renewed = leaseTime(4_000)
        site.send(0, ["do": "live", "until": .int(renewed)])
        // It is alive when the first one has passed.
        while leaseTime(0) < end + 500 { usleep(10_000) }
        #expect(kill(worker.process, 0) == 0)
        #expect(worker.wait() == (NORN_EXIT_LEASE_ENDED, 0))
        #expect(leaseTime(0) >= renewed)
    }

    private func leaseTime(_ ahead: Int) -> Int {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000 + ahead
    }

    private func text<Note>(of note: Note) -> String {
        withUnsafeBytes(of: note) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    @Test func cancelEndsACallThatWaitsForAParty() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Patient", scratch: scratch.path), scratch: scratch)
        #expect(site.packet(of: 0, call: "wait") != nil)
        site.send(0, ["do": "cancel", "reason": 2])
        let end = try #require(site.end(of: 0))
        #expect(end["status"]?.asInt == Int(NORN_CANCELLED))
        #expect(site.packets(of: 0, call: "log").contains { $0["text"]?.asText == "cancel was called" })
        #expect(worker.wait() == (0, 0))
        try worker.blackBox { #expect($0.cancel_reason == 2) }
    }

    @Test func componentThatIgnoresCancelIsThereUntilItsGroupIsKilled() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Deaf", scratch: scratch.path), scratch: scratch)
        #expect(site.packet(of: 0) { $0["text"]?.asText == "not listening" } != nil)
        site.send(0, ["do": "cancel", "reason": 1])
        #expect(site.packet(of: 0) { $0["text"]?.asText == "cancel was called" } != nil)
        #expect(kill(worker.process, 0) == 0)
        #expect(kill(-worker.process, SIGKILL) == 0)
        #expect(worker.wait() == (-1, SIGKILL))
    }

    @Test func memoryBeyondTheGrantEndsTheWorkerWithANote() throws {
        let scratch = try Scratch()
        let message = StartMessage.run("Eater", scratch: scratch.path).with("memory_bytes", 67_108_864)
        let (_, worker) = try startWorker(message, scratch: scratch)
        #expect(worker.wait() == (NORN_EXIT_MEMORY_EXCEEDED, 0))
        try worker.blackBox { box in
            let note = withUnsafeBytes(of: box.note) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            #expect(note.contains("67108864 were reserved"))
        }
    }

    @Test func sandboxDeniesProcessesSocketsAndFilesOutside() throws {
        let scratch = try Scratch()
        let (site, worker) = try startWorker(.run("Probe", scratch: scratch.path), scratch: scratch)
        let bytes = try #require(site.packet(of: 0, call: "summary")?["bytes"]?.asBytes)
        let tried = try CBOR(decoding: bytes)
        let missing = site.packets(of: 0, call: "log").compactMap { $0["text"]?.asText }
        #expect(worker.wait() == (0, 0))
        #expect(tried["thread"]?.asInt == 0)
        #expect(tried["scratch"]?.asInt == 0)
        if !missing.contains(where: { $0.contains("without call filters") }) {
            for name in ["fork", "exec", "socket", "kill"] {
                #expect(tried[name]?.asInt == Int(EPERM), "\(name) is not denied")
            }
        }
        if !missing.contains(where: { $0.contains("without call filters") }) {
            try worker.blackBox { box in
                #expect(box.denial_count > 0)
                let first = withUnsafeBytes(of: box.denials.0) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                #expect(first == "socket")
            }
        }
        if !missing.contains(where: { $0.contains("without file rules") }) {
            #expect(tried["write"]?.asInt == Int(EACCES))
            #expect(tried["read"]?.asInt == Int(EACCES))
        }
    }

    /// What holds where the kernel has no Landlock, for a site of root.
    @Test func readOnlyMountsKeepFilesOutsideFromBeingWritten() throws {
        let scratch = try Scratch()
        let message = StartMessage.run("Probe", scratch: scratch.path)
            .with("sandbox", ["landlock": false, "mounts": true])
        let (site, worker) = try startWorker(message, scratch: scratch)
        let bytes = try #require(site.packet(of: 0, call: "summary")?["bytes"]?.asBytes)
        let tried = try CBOR(decoding: bytes)
        let missing = site.packets(of: 0, call: "log").compactMap { $0["text"]?.asText }
        #expect(worker.wait() == (0, 0))
        #expect(tried["scratch"]?.asInt == 0)
        if !missing.contains(where: { $0.contains("without read-only mounts") }) {
            #expect(tried["write"]?.asInt == Int(EROFS))
        }
    }
}
