import Foundation
import Synchronization

/// A real server of the staged tree in its own namespace, with its own home. Started, killed and frozen from any thread.
final class FaultSite: Sendable {
    static let startSecondsMaximum = 60.0
    private let startsOnFullDisk = Atomic<Int>(0)
    static let leaveSecondsMaximum = 30.0

    struct Plan: Sendable {
        /// Its place in the network.
        var number: Int
        var name: String
        var party: String
        var home: String
        var tree: String
        var network: FaultNetwork
        var federationPort: UInt16
    }

    private struct State {
        var process: pid_t?
        var port: UInt16 = 0
        var token = ""
        var starts = 0
    }

    let plan: Plan
    private let state = Mutex(State())

    init(_ plan: Plan) { self.plan = plan }

    var home: String { plan.home }
    var norn: String { plan.tree + "/bin/norn" }
    var log: String { plan.home + ".log" }
    var process: pid_t? { state.withLock { $0.process } }
    var starts: Int { state.withLock { $0.starts } }

    // MARK: The process

    /// Starts the server, and returns when it answers.
    func start() throws {
        unlink(home + "/run/site.json")
        let words = [
            norn, "serve", "--home", home, "--port", "0", "--parties", plan.party, "--federation-host",
            plan.network.address(of: plan.number), "--federation-port", "\(plan.federationPort)",
        ]
        let process = try Spawn.start(plan.network.command(at: plan.number, words), output: log)
        state.withLock {
            $0.process = process
            $0.starts += 1
        }
        let deadline = Date(timeIntervalSinceNow: Self.startSecondsMaximum)
        while Date() < deadline, !Spawn.hasEnded(process) {
            if readAddress() { return }
            usleep(20_000)
        }
        // As its service does: a site that cannot note its start on a full disk ends, and is started again.
        if Spawn.hasEnded(process), tail(of: log).contains("disk is full"),
            startsOnFullDisk.wrappingAdd(1, ordering: .relaxed).oldValue < 40
        {
            usleep(500_000)
            return try start()
        }
        throw FaultFailure("\(plan.name) did not start: \(tail(of: log))")
    }

    private func readAddress() -> Bool {
        guard let data = FileManager.default.contents(atPath: home + "/run/site.json"),
            let site = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let address = site["address"] as? String,
            let port = address.split(separator: ":").last.flatMap({ UInt16($0) }),
            let file = site["token_file"] as? String, let token = try? String(contentsOfFile: file, encoding: .utf8)
        else { return false }
        state.withLock {
            $0.port = port
            $0.token = token.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return true
    }

    /// Ends the server as a power cut does.
    func kill() {
        guard
            let process = state.withLock({ state in
                defer { state.process = nil }
                return state.process
            })
        else { return }
        Foundation.kill(process, SIGKILL)
        Spawn.wait(process)
    }

    /// Freezes the server, its workers not, or lets it go on.
    func freeze(_ isFrozen: Bool) {
        if let process { Foundation.kill(process, isFrozen ? SIGSTOP : SIGCONT) }
    }

    /// Ends the server as an operator does, and gives its exit code.
    @discardableResult
    func end() -> Int32 {
        guard let process else { return 0 }
        Foundation.kill(process, SIGCONT)
        Foundation.kill(process, SIGTERM)
        let deadline = Date(timeIntervalSinceNow: Self.leaveSecondsMaximum)
        while !Spawn.hasEnded(process), Date() < deadline { usleep(10_000) }
        guard Spawn.hasEnded(process) else {
            kill()
            return -9
        }
        state.withLock { $0.process = nil }
        return Spawn.wait(process)
    }

    // MARK: Calls

    func call(_ method: String, _ path: String, json: Any? = nil, seconds: Int = 10) throws -> Answer {
        let body = try json.map { try JSONSerialization.data(withJSONObject: $0) }
        return try send(method, path, body: body, type: "application/json", seconds: seconds)
    }

    func upload(example: String, table: String) throws {
        let data = try Data(contentsOf: URL(filePath: FaultTree.examples + "/" + example))
        let path = "/api/tables/example/\(table)?party=\(plan.party)"
        let answer = try send("POST", path, body: data, type: "text/csv", seconds: 60)
        guard answer.isGood else { throw FaultFailure("upload at \(plan.name): \(answer.body)") }
    }

    private func send(_ method: String, _ path: String, body: Data?, type: String, seconds: Int) throws -> Answer {
        let (port, token) = state.withLock { ($0.port, $0.token) }
        return try HTTPCall.send(
            method, path, port: port, namespace: plan.network.namespace(of: plan.number), token: token, body: body,
            type: type, seconds: seconds)
    }

    /// The command as a person at this site runs it.
    @discardableResult
    func norn(_ arguments: String...) throws -> String {
        try Spawn.run(
            plan.network.command(at: plan.number, [norn] + arguments), environment: ["NORN_HOME": home])
    }

    // MARK: Workers

    /// The workers of this home as the kernel sees them, also those that lost their server.
    var workers: [WorkerProcess] { WorkerProcess.all().filter { $0.folder.hasPrefix(home + "/") } }

    private func tail(of file: String) -> String {
        String(((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").suffix(800))
    }
}
