import Foundation
import Glibc
import Logging
import NornLinux
import Synchronization
import Testing

@testable import NornWorkers

@Suite(.timeLimit(.minutes(1))) struct WorkerTests {
    @Test func carriesWhatAWorkerTellsInItsOrder() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let end = await scene.workers.run(scene.start("tells"), services: services)
        guard case .succeeded = end.outcome else {
            Issue.record("ended as \(end.outcome)")
            return
        }
        #expect(
            services.told == [
                "info first", "metric [1]", "progress 1/2 half", "summary [2]", "model weights [3]", "warning last",
            ])
        #expect(end.usage.peakMemoryBytes == 1_000_000)
        #expect(scene.prints == "printed by the component\n")
    }

    @Test func readsAMetricThatIsTooLargeForAPacket() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let end = await scene.workers.run(scene.start("tells much"), services: services)
        #expect(end.error == nil)
        #expect(services.told == ["metric \([UInt8](repeating: 9, count: 100_000))"])
    }

    /// A process that goes with orders unread resets its channel: what it said before still counts.
    @Test func ordersThatWereNeverReadDoNotHideTheEnd() async throws {
        for _ in 0..<5 {
            let scene = try Scene()
            let services = RecordingServices()
            let worker = scene.workers.start(scene.start("leaves an order"), services: services)
            await services.running()
            let orders = Task {
                while !Task.isCancelled {
                    worker.live(until: 1 << 50)
                    try? await Task.sleep(for: .microseconds(200))
                }
            }
            let end = await worker.end()
            orders.cancel()
            guard case .succeeded = end.outcome else {
                Issue.record("ended as \(end.outcome)")
                return
            }
            #expect(services.told.count == 2000)
        }
    }

    @Test func passesOnAComponentsOwnError() async throws {
        let scene = try Scene()
        let end = await scene.workers.run(scene.start("fails"), services: RecordingServices())
        #expect(
            end.error
                == AttemptError(
                    code: .invalidArgument, flags: .userFault, domain: "script", message: "column y is not a number"))
    }

    @Test func hearsAWorkerOutThatLeftSomethingUnread() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let end = await scene.workers.run(scene.start("ends unread"), services: services)
        #expect(end.error?.message == "enough")
        #expect(services.told == ["info last words"])
    }

    @Test func givesAWorkerItsFilesItsFolderAndNothingElse() async throws {
        let scene = try Scene()
        // A file of the site that was not opened close-on-exec must not reach the worker either.
        let stray = open("/dev/null", O_RDONLY)
        defer { close(stray) }
        _ = await scene.workers.run(scene.start("shows"), services: RecordingServices())
        #expect(scene.prints == "0 1 2 3 4\n\(scene.folder)\ntrue\nnorn-worker\n")
    }

    @Test func handsSmallMessagesThroughInline() async throws {
        let scene = try Scene()
        let services = RecordingServices(incoming: .bytes([1, 2, 3]))
        let end = await scene.workers.run(scene.start("echoes"), services: services)
        #expect(end.error == nil)
        let sent = try #require(services.sent.first)
        guard case .bytes(let bytes) = sent.payload else {
            Issue.record("a small payload came as a file")
            return
        }
        #expect(bytes == [1, 2, 3])
        #expect(sent.name == "echo")
    }

    @Test func handsLargeMessagesOnAsFilesWithoutACopy() async throws {
        let scene = try Scene()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try PayloadFile(sealing: bytes)
        let services = RecordingServices(incoming: .file(file))
        let end = await scene.workers.run(scene.start("echoes"), services: services)
        #expect(end.error == nil)
        guard case .file(let returned) = try #require(services.sent.first).payload else {
            Issue.record("a large payload came inline")
            return
        }
        #expect(try returned.read() == bytes)
        #expect(returned.isMemory)
        // The same file, not another one with the same content.
        var (before, after) = (stat(), stat())
        fstat(file.fileDescriptor, &before)
        fstat(returned.fileDescriptor, &after)
        #expect(before.st_ino == after.st_ino)
    }

    @Test func sealsBytesThatAreTooLargeForAPacket() async throws {
        let scene = try Scene()
        let services = RecordingServices(incoming: .bytes([UInt8](repeating: 7, count: 100_000)))
        let end = await scene.workers.run(
            scene.start("echoes", parameters: [UInt8](repeating: 0, count: 200_000)), services: services)
        #expect(end.error == nil)
        #expect(services.sent.first?.payload.byteCount == 100_000)
    }

    @Test func answersAFailedCallWithItsError() async throws {
        let scene = try Scene()
        let refusal = AttemptError(code: .alreadyExists, message: "echo was sent already")
        let end = await scene.workers.run(scene.start("echoes"), services: RecordingServices(refusal: refusal))
        #expect(end.error?.code == .alreadyExists)
        #expect(end.error?.message == "echo was sent already")
    }

    @Test func reportsACrashWithSignalPhaseAndCall() async throws {
        let scene = try Scene()
        let end = await scene.workers.run(scene.start("crashes"), services: RecordingServices())
        guard case .crashed(let report) = end.outcome else {
            Issue.record("ended as \(end.outcome)")
            return
        }
        #expect(report.signalName == "SIGSEGV")
        #expect(report.phase == "running")
        #expect(report.currentHostCall == "federation.take")
        #expect(report.component == "crashes")
        #expect(report.pluginDigest == String(repeating: "ab", count: 32))
        #expect(report.summary.contains("SIGSEGV while running in federation.take"))
    }

    @Test func reportsAWorkerThatSomebodyKilled() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let worker = scene.workers.start(scene.start("ignores"), services: services)
        await services.running()
        kill(try #require(worker.pid), SIGKILL)
        guard case .crashed(let report) = await worker.end().outcome else {
            Issue.record("a kill is a crash")
            return
        }
        #expect(report.signalName == "SIGKILL")
    }

    @Test(arguments: ["babbles", "unsealed"]) func killsAWorkerThatBreaksTheProtocol(script: String) async throws {
        let scene = try Scene()
        let end = await scene.workers.run(scene.start(script), services: RecordingServices())
        #expect(end.error?.code == .internal)
        #expect(end.error?.message.contains("broke the channel's protocol") == true)
    }

    @Test func cancelsAWorkerThatListens() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let worker = scene.workers.start(scene.start("stops"), services: services)
        await services.running()
        worker.cancel(reason: .otherPartyEnded)
        guard case .cancelled(killed: false) = await worker.end().outcome else {
            Issue.record("it should have stopped by itself")
            return
        }
    }

    @Test func killsAWorkerThatDoesNotListen() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let worker = scene.workers.start(scene.start("ignores"), services: services)
        await services.running()
        worker.cancel(reason: .stopped, graceMilliseconds: 10)
        guard case .cancelled(killed: true) = await worker.end().outcome else {
            Issue.record("it should have been killed")
            return
        }
        #expect(kill(try #require(worker.pid), 0) != 0)
    }

    @Test func cancelsWaitsOfAWorkerThatHasEnded() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let end = await scene.workers.run(scene.start("waits"), services: services)
        #expect(end.error == nil)
        #expect(services.record.withLock { $0.waitWasCancelled })
    }

    @Test func makesAFloodingWorkerWaitAndLosesNothing() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        _ = await scene.workers.run(scene.start("floods"), services: services)
        #expect(services.told.count == 5000)
        #expect(services.told.last == "debug 4999")
    }

    @Test func saysWhyAWorkerCouldNotBeStarted() async throws {
        let scene = try Scene()
        let workers = Workers(executable: "/nowhere/norn-worker", logger: .init(label: "test"))
        let end = await workers.run(scene.start("tells"), services: RecordingServices())
        #expect(end.error?.code == .unavailable)
        #expect(end.error?.message.contains("No such file") == true)
    }

    @Test func describesALibraryInAThrowAwayWorker() async throws {
        let scene = try Scene()
        let described = try await scene.workers.describe(Scene.library)
        #expect(String(decoding: described, as: UTF8.self) == "/nowhere/libscript.so")
    }

    @Test func endsAllWorkersWithTheSite() async throws {
        let scene = try Scene()
        let services = RecordingServices()
        let worker = scene.workers.start(scene.start("ignores"), services: services)
        await services.running()
        await scene.workers.endAll(reason: .siteStops, graceMilliseconds: 0)
        #expect(kill(try #require(worker.pid), 0) != 0)
    }

    @Test func reapsWhatAWorkerLeftBehind() async throws {
        // An orphan of a worker falls to its nearest subreaper, which the reaper makes this process.
        let scene = try Scene()
        let services = RecordingServices()
        let reaper = Task { await scene.workers.reapOrphans() }
        while !Task.isCancelled, prctlSubreaper() == 0 { try await Task.sleep(for: .milliseconds(2)) }
        _ = await scene.workers.run(scene.start("leaves a child"), services: services)
        let orphan = try #require(services.told.first.flatMap { Int32($0.dropFirst("info ".count)) })
        // It has ended with the group of its worker; now its entry has to go.
        while kill(orphan, 0) == 0 {
            _ = norn_linux_reap_orphans()
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(errno == ESRCH)
        reaper.cancel()
        await reaper.value
    }

    private func prctlSubreaper() -> Int32 { norn_linux_is_subreaper() }
}

/// The real worker, as far as it goes without a plugin.
@Suite(.timeLimit(.minutes(1))) struct RealWorkerTests {
    @Test func saysWhyALibraryCannotBeLoaded() async throws {
        let scene = try Scene(executable: "norn-worker")
        await #expect(throws: AttemptError.self) { try await scene.workers.describe(Scene.library) }
    }

    @Test func endsAnAttemptWhosePluginIsMissing() async throws {
        let scene = try Scene(executable: "norn-worker")
        let services = RecordingServices()
        let end = await scene.workers.run(scene.start("nothing"), services: services)
        guard case .failed(let error) = end.outcome else {
            Issue.record("ended as \(end.outcome)")
            return
        }
        #expect(error.message.contains("libscript.so"))
        #expect(services.record.withLock { $0.phase } == .loading || services.record.withLock { $0.phase } == nil)
        #expect(end.usage.peakMemoryBytes > 0)
    }
}
