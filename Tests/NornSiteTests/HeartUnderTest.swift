import Foundation
import Logging
import NornFlow
import NornStore

@testable import NornSite

/// The heart of a site without workers: every attempt that it orders begins and succeeds at once. Its rules say yes
/// to what `accepts` says.
enum HeartUnderTest {
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func driver(
        _ store: any HeartStore, site: String = "s", fence: UInt64 = 1, runsAttempts: Bool = false,
        accepts: @escaping @Sendable (Job) -> Bool = { _ in false },
        starts: @escaping @Sendable (AttemptIdentity) -> Void = { _ in },
        isLocal: @escaping @Sendable (Party) -> Bool = { _ in true },
        send: @escaping @Sendable (Message) -> Void = { _ in }
    ) -> HeartDriver {
        let tell = TellHeart()
        let driver = HeartDriver(
            store: store, feed: EventFeed(), logger: logger, site: site, fence: fence,
            outside: HeartDriver.Outside(
                isLocal: isLocal, peerName: { $0.id }, send: send,
                check: { _, job in accepts(job) ? .accepted(terms(job)) : nil },
                start: { order in
                    starts(order.attempt)
                    guard runsAttempts else { return }
                    let key = MemberKey(job: order.attempt.job, party: order.attempt.party)
                    let (task, number) = (order.attempt.task, order.attempt.number)
                    tell.put(.member(key, .attemptStarted(task: task, number: number)))
                    tell.put(.member(key, .attemptEnded(task: task, number: number, .success)))
                }, cancel: { _, _ in }, cleanUp: { _ in }))
        tell.set(driver)
        return driver
    }

    static let capacity = ["standalone": Resources(cores: 64)]

    private static func terms(_ job: Job) -> Member.Terms {
        Member.Terms(
            engine: "standalone",
            needs: Dictionary(uniqueKeysWithValues: job.tasks.map { ($0.name, Resources(cores: 1)) }),
            capacity: Resources(cores: 64))
    }

    static func job(_ id: JobID, tasks: Int = 1, parameters: JobParameters = JobParameters()) -> Job {
        let guest = Party(role: .guest, id: "9999")
        return Job(
            id: id, initiator: guest, parties: [guest],
            tasks: (0..<tasks).map { JobTask(name: "task_\($0)", module: "Any", parties: [guest]) },
            parameters: parameters)
    }

    /// A home in a folder of its own; the caller removes it.
    static func home() throws -> SiteHome {
        let home = SiteHome(
            root: FileManager.default.temporaryDirectory.appending(path: "norn-home-\(UUID().uuidString)"))
        try home.prepare()
        return home
    }

    /// A sealed table in a home.
    static func sealTable(_ name: String, in home: SiteHome, _ text: String = "rows") throws -> String {
        let folder = home.tables.appending(path: name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: folder.appending(path: "0.data"))
        return folder.path
    }

    static func artifact(_ job: JobID, path: String) -> ArtifactRecord {
        ArtifactRecord(
            job: job, task: "task_0", attempt: 0, role: "guest", party: "9999", name: "data", position: 0,
            kind: "table", path: path)
    }

    static func table(_ name: String, path: String) -> TableRecord {
        TableRecord(
            namespace: "example", name: name, sealed: URL(filePath: path).lastPathComponent, engine: "standalone",
            path: path, schema: Data(), rows: 1, partitions: 1, owner: "9999", created: 1)
    }
}
