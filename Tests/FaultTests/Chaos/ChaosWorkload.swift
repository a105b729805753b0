import Foundation
import ProbeHarness
import Synchronization

/// The stream of jobs of a run, from every site, and which of them were accepted.
final class ChaosWorkload: Sendable {
    /// Jobs that live at once.
    static let liveMaximum = 16
    static let pauseMilliseconds = 100...700
    static let callSeconds = 8
    /// Of a probe's table, 4 KiB each: the tables of all jobs stay until the end, on the small disk too.
    static let rows = 25...400

    struct Accepted: Sendable {
        var id: String
        /// Where it was submitted.
        var site: Int
        /// The sites of its parties.
        var sites: [Int]
        /// What leaves marks; nil for jobs of other components.
        var probe: ProbeJob?
        var retries: Int { probe?.retries ?? 0 }
    }

    private struct State {
        var random: SeededGenerator
        var accepted: [Accepted] = []
        var isStopped = false
        /// Jobs that ran when the sites were asked last.
        var running: Set<String> = []
    }

    private let federation: FaultFederation
    private let deeds: ChaosDeeds
    private let withRegression: Bool
    private let state: Mutex<State>

    init(_ federation: FaultFederation, deeds: ChaosDeeds, seed: UInt64, withRegression: Bool) {
        self.federation = federation
        self.deeds = deeds
        self.withRegression = withRegression
        state = Mutex(State(random: SeededGenerator(seed: seed &* 31 &+ 7)))
    }

    var accepted: [Accepted] { state.withLock { $0.accepted } }
    func stop() { state.withLock { $0.isStopped = true } }

    /// Uploads the example's tables and grants them, before any fault.
    func prepare() throws {
        try federation.sites[0].upload(example: "breast_guest.csv", table: "breast_guest")
        try federation.sites[1].upload(example: "breast_host.csv", table: "breast_host")
        try federation.sites[1].norn("data", "grant", "-n", "breast_host", "-s", "example", "--to", "9999")
    }

    /// Submits until it is told to stop, or so many jobs were accepted.
    func run(jobs: Int?) {
        while !state.withLock({ $0.isStopped || $0.accepted.count >= jobs ?? .max }) {
            if live() < Self.liveMaximum { submit() }
            usleep(UInt32(draw(Self.pauseMilliseconds)) * 1000)
        }
    }

    /// One of the jobs that were accepted, of which users may want something.
    func any(_ choice: Int) -> Accepted? {
        state.withLock { $0.accepted.isEmpty ? nil : $0.accepted[choice % $0.accepted.count] }
    }

    /// One of the jobs that run.
    func running(_ choice: Int) -> Accepted? {
        state.withLock { state in
            let jobs = state.accepted.filter { state.running.contains($0.id) }
            return jobs.isEmpty ? nil : jobs[choice % jobs.count]
        }
    }

    private func draw(_ range: ClosedRange<Int>) -> Int {
        state.withLock { Int.random(in: range, using: &$0.random) }
    }

    /// Jobs that some site says are not over; sites that do not answer count none.
    private func live() -> Int {
        var running: Set<String> = []
        let counts = federation.sites.map { site in
            let jobs = (try? site.call("GET", "/api/jobs?limit=200", seconds: 1))?.list ?? []
            running.formUnion(jobs.filter { $0["status"] as? String == "running" }.compactMap { $0["job"] as? String })
            return jobs.count { ["waiting", "running"].contains($0["status"] as? String ?? "") }
        }
        state.withLock { $0.running = running }
        return counts.max() ?? 0
    }

    private func submit() {
        let kind = draw(0...9)
        if kind == 0 {
            send(at: 0, sites: [0, 1]) { try Self.intersection() }
        } else if kind == 1, withRegression {
            send(at: 0, sites: [0, 1, 2]) {
                (try FaultTree.example("breast_lr_dsl.json"), try FaultTree.example("breast_lr_conf.json"))
            }
        } else if kind == 2 {
            send(at: 0, sites: [0, 1]) {
                (try FaultTree.example("toy_dsl.json"), try FaultTree.example("toy_conf.json"))
            }
        } else {
            sendProbe()
        }
    }

    private func sendProbe() {
        let guest = draw(0...2)
        let host = (guest + draw(1...2)) % 3
        let third = draw(0...2) == 0 ? 3 - guest - host : nil
        let job = ProbeJob(
            guest: FaultFederation.parties[guest], hosts: [FaultFederation.parties[host]],
            arbiter: third.map { FaultFederation.parties[$0] }, tasks: (0...draw(0...2)).map { _ in draw(10...1500) },
            payloadBytes: draw(0...3) == 0 ? draw(70_000...400_000) : draw(1...2000),
            rows: draw(0...3) == 0 ? draw(Self.rows) : 0, retries: draw(0...3), marks: federation.marksFolder)
        send(at: guest, sites: [guest, host] + (third.map { [$0] } ?? []), job) { (job.dsl, job.conf) }
    }

    /// What was not answered may have become a job or not; it is no job that was accepted.
    private func send(
        at place: Int, sites: [Int], _ probe: ProbeJob? = nil,
        _ body: () throws -> (dsl: [String: Any], conf: [String: Any])
    ) {
        do {
            let (dsl, conf) = try body()
            let answer = try federation.sites[place].call(
                "POST", "/api/jobs", json: ["dsl": dsl, "conf": conf], seconds: Self.callSeconds)
            guard answer.isGood, let id = answer.object["job"] as? String else {
                deeds.count("submits", "refused " + (answer.object["code"] as? String ?? "\(answer.status)"))
                return
            }
            state.withLock { $0.accepted.append(Accepted(id: id, site: place, sites: sites, probe: probe)) }
            deeds.count("submits", "accepted")
        } catch {
            deeds.count("submits", "without an answer")
        }
    }

    /// The example's job up to its intersection.
    private static func intersection() throws -> (dsl: [String: Any], conf: [String: Any]) {
        var dsl = try FaultTree.example("breast_lr_dsl.json")
        var conf = try FaultTree.example("breast_lr_conf.json")
        let kept: Set<String> = ["reader_0", "data_transform_0", "intersection_0"]
        dsl["components"] = (dsl["components"] as? [String: Any] ?? [:]).filter { kept.contains($0.key) }
        conf["role"] = ["guest": [9999], "host": [10000]]
        var parameters = conf["component_parameters"] as? [String: Any] ?? [:]
        parameters["common"] = (parameters["common"] as? [String: Any] ?? [:]).filter { kept.contains($0.key) }
        conf["component_parameters"] = parameters
        return (dsl, conf)
    }
}
