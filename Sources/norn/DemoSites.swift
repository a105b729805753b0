import Foundation
import NIOHTTP1
import NornManifest
import NornSite
import Synchronization

/// The demo's sites as processes of their own, and their end.
final class DemoSites: Sendable {
    static let readyMilliseconds: Int64 = 30_000
    static let pollMilliseconds = 50
    static let stopSeconds = 15

    private struct Running: Sendable {
        var site: DemoPlan.SitePlan
        var home: SiteHome
        var process: SiteProcess
        var client: SiteClient?
        var pin: String?
    }

    private let plan: DemoPlan
    private let root: URL
    private let isTemporary: Bool
    private let keep: Bool
    private let quiet: Bool
    private let running = Mutex<[Running]>([])

    init(plan: DemoPlan, folder: String?, keep: Bool, quiet: Bool) throws {
        self.plan = plan
        self.keep = keep
        self.quiet = quiet
        isTemporary = folder == nil
        root =
            folder.map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory.appending(path: "norn-demo-\(FreshID.hexadecimal(bytes: 4))")
        try FileManager.default.createDirectory(
            at: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    // MARK: Start

    /// Makes keys, starts every site, and makes them trust one another.
    func start() async throws {
        for site in plan.sites {
            let home = SiteHome(root: root.appending(path: site.name))
            try home.prepare()
            var pin: String?
            if plan.sites.count > 1 {
                pin = try SiteKeys.initialize(
                    home: home, name: site.name, hosts: ["127.0.0.1", "localhost"], renew: false
                ).pin
            }
            let process = try SiteProcess(home: home, parties: site.parties, keep: keep)
            running.withLock { $0.append(Running(site: site, home: home, process: process, client: nil, pin: pin)) }
        }
        for index in plan.sites.indices {
            let entry = running.withLock { $0[index] }
            let client = try await ready(entry.home, entry.process, entry.site)
            running.withLock { $0[index].client = client }
        }
        try await trustOneAnother()
    }

    private func ready(_ home: SiteHome, _ process: SiteProcess, _ site: DemoPlan.SitePlan) async throws -> SiteClient {
        let deadline = Clocks.monotonicMilliseconds() + Self.readyMilliseconds
        while Clocks.monotonicMilliseconds() < deadline {
            try Task.checkCancellation()
            guard process.isRunning else { throw process.failure("The site of \(site.title) ended at its start") }
            if let file = SiteFile.read(home), let token = try? String(contentsOfFile: file.tokenFile, encoding: .utf8)
            {
                let client = SiteClient(
                    address: file.address, token: token.trimmingCharacters(in: .whitespacesAndNewlines))
                let status = try? await client.get(SiteStatus.self, SiteClient.path("site"))
                if let status, plan.sites.count == 1 || status.federation.port != nil { return client }
            }
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
        throw process.failure("The site of \(site.title) was not ready in time")
    }

    private func trustOneAnother() async throws {
        let all = running.withLock { $0 }
        guard all.count > 1 else { return }
        for other in all {
            guard let pin = other.pin, let client = other.client else { continue }
            let port = try await client.get(SiteStatus.self, SiteClient.path("site")).federation.port ?? 0
            for site in all where site.site.name != other.site.name {
                let body: JSON = [
                    "pin": .string(pin), "parties": .array(other.site.parties.map { .string($0) }),
                    "address": .string("https://127.0.0.1:\(port)"),
                ]
                _ = try await site.client?.call(
                    PeerView.self, .PUT, SiteClient.path("peers", other.site.name), body: body)
            }
        }
    }

    // MARK: Use

    func client(of party: String) throws -> SiteClient {
        let entry = running.withLock { $0.first { $0.site.parties.contains(party) } }
        guard let client = entry?.client else { throw SiteError.notFound("site", "of \(party)") }
        return client
    }

    func upload(_ upload: DemoPlan.Upload) async throws -> UploadView {
        let client = try client(of: upload.party)
        let file = InstalledTree.current().examples.appending(path: upload.file).path
        let path = SiteClient.path(
            ["tables", DemoPlan.namespace, upload.table], query: ["party": upload.party, "engine": plan.engine])
        let view = try await DataTransfer.upload(client, file: file, path: path)
        if let partner = upload.grantTo {
            _ = try await client.call(
                TableView.self, .PUT, SiteClient.path("tables", DemoPlan.namespace, upload.table, "grants", partner),
                body: [:])
        }
        return view
    }

    func printKept() {
        guard !quiet else { return }
        print("\nThe sites go on running:")
        for entry in running.withLock({ $0 }) {
            print(
                "  \(entry.site.title): \(entry.client?.address ?? "")  (--home \(entry.home.root.path), pid \(entry.process.pid))"
            )
        }
        print("End them with: kill \(running.withLock { $0 }.map { String($0.process.pid) }.joined(separator: " "))")
    }

    // MARK: End

    /// Ends every site and removes their homes.
    func stop() async {
        let all = running.withLock { running -> [Running] in
            defer { running = [] }
            return running
        }
        for entry in all { entry.process.terminate() }
        for entry in all { await entry.process.waitForEnd(seconds: Self.stopSeconds) }
        if isTemporary { try? FileManager.default.removeItem(at: root) }
    }
}

/// One `norn serve`. Unless it is kept it ends when this process does, however that comes: its standard input closes.
final class SiteProcess: Sendable {
    static let pollMilliseconds = 20

    private struct Parts {
        var process: Process
        var input: Pipe?
    }

    private let parts: Mutex<Parts>
    private let errors: URL
    let pid: Int32

    init(home: SiteHome, parties: [String], keep: Bool) throws {
        errors = home.log.appending(path: "standard-error.log")
        try writePrivateFile(Data(), to: errors)
        let process = Process()
        process.executableURL = InstalledTree.current().prefix.appending(path: "bin/norn")
        process.arguments =
            [
                "serve", "--home", home.root.path, "--port", "0", "--federation-host", "127.0.0.1", "--federation-port",
                "0", "--parties", parties.joined(separator: ","),
            ] + (keep ? [] : ["--while-input-is-open"])
        let input = keep ? nil : Pipe()
        process.standardInput = input ?? FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: errors.path) ?? FileHandle.nullDevice
        try process.run()
        pid = process.processIdentifier
        parts = Mutex(Parts(process: process, input: input))
    }

    var isRunning: Bool { parts.withLock { $0.process.isRunning } }

    func terminate() {
        parts.withLock { parts in
            if parts.process.isRunning { parts.process.terminate() }
        }
    }

    /// Waits for the end; a process that does not end in time is killed.
    func waitForEnd(seconds: Int) async {
        let deadline = Clocks.monotonicMilliseconds() + Int64(seconds) * 1000
        while isRunning, Clocks.monotonicMilliseconds() < deadline {
            // Also after a cancellation the end has to be waited for.
            await Task.detached { try? await Task.sleep(for: .milliseconds(Self.pollMilliseconds)) }.value
        }
        if isRunning { kill(pid, SIGKILL) }
    }

    /// An error with the last lines that the site wrote.
    func failure(_ text: String) -> SiteError {
        let lines = ((try? String(contentsOf: errors, encoding: .utf8)) ?? "").split(separator: "\n").suffix(5)
        return SiteError("site_not_started", text, hint: lines.joined(separator: " | "))
    }
}
