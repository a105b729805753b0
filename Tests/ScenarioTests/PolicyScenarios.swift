import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// Who gets resources when two sites have too little for all.
@Suite(.serialized) struct PolicyScenarios {
    private static let guestAndHost = [(name: "guest", parties: ["9999"]), (name: "host", parties: ["10000"])]

    /// Every job needs all of both sites, and each site submits at the same moment.
    @Test func twoSitesThatSubmitToEachOtherNeverWaitForEachOther() async throws {
        let two = "resources: {cores: 2, attempts_per_core: 1}\n"
        let sites = try await SitesUnderTest(Self.guestAndHost, settings: ["guest": two, "host": two])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: 100, jobParameters: ["task_cores": 2])
        var other = conf
        other["initiator"] = ["role": "guest", "party_id": 10000]
        other["role"] = ["guest": [10000], "host": [9999]]
        let bodies = try [(guest, conf), (host, other)].map { site, conf in
            (site, try JSONSerialization.data(withJSONObject: ["dsl": dsl, "conf": conf]))
        }
        let jobs = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for _ in 0..<4 {
                for (index, (site, body)) in bodies.enumerated() {
                    let (address, token) = (site.address, site.token)
                    group.addTask { (index, try await SiteUnderTest.posted(body, to: address, token: token)) }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(jobs.count == 8)
        for (index, job) in jobs {
            let end = try await bodies[index].0.ended(job)
            #expect(end.status == "success", "\(end.object)")
        }
        for site in [guest, host] { try await site.nothingHeld() }
        await sites.end()
    }

    /// Of two who wait, the one that holds less goes first, however late it came.
    @Test func whoHoldsLessGoesFirst() async throws {
        let two = "resources: {cores: 2, attempts_per_core: 1}\n"
        let sites = try await SitesUnderTest(Self.guestAndHost, settings: ["host": two])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        func awaitWorker(of job: String, _ party: String = "host_10000") async throws {
            _ = try await host.workers(of: job, task: "secure_add_example_0", parties: [party])
        }
        func awaitPlace(_ place: Int, of job: String) async throws {
            _ = try await host.job(job) { $0.reasons.contains { $0["place"] as? Int == place } }
        }
        var running: [String] = []
        for _ in 0..<2 {
            running.append(try await guest.accepted(dsl: dsl, conf: conf))
            try await awaitWorker(of: running[running.count - 1])
        }
        let third = try await guest.accepted(dsl: dsl, conf: conf)
        try await awaitPlace(1, of: third)
        // The host's own people, who hold nothing here.
        var own = conf
        own["initiator"] = ["role": "guest", "party_id": 10000]
        own["role"] = ["guest": [10000], "host": [9999]]
        let theirs = try await host.accepted(dsl: dsl, conf: own)
        try await awaitPlace(1, of: theirs)
        try await awaitPlace(2, of: third)
        func stop(_ job: String, at site: SiteUnderTest) async throws {
            let stop = try await site.call(.POST, "/api/jobs/\(job)/stop")
            #expect(stop.status == 200, "\(stop.body)")
        }
        try await stop(running[0], at: guest)
        try await awaitWorker(of: theirs, "guest_10000")
        #expect(try await guest.job(third) { _ in true }.status == "waiting")
        for (job, site) in [(third, guest), (theirs, host), (running[1], guest)] { try await stop(job, at: site) }
        for site in [guest, host] { try await site.nothingHeld() }
        await sites.end()
    }

    /// Only where the policy of a site asks for it.
    @Test(arguments: [true, false])
    func aJobOfHigherPriorityTakesWhatALowerOneHoldsWhereThePolicyAsks(preempts: Bool) async throws {
        let one = "resources: {cores: 1, attempts_per_core: 1}\n"
        let policy = preempts ? "scheduling: {preemption: lower_priority}\n" : ""
        let sites = try await SitesUnderTest(Self.guestAndHost, settings: ["host": one + policy])
        let (guest, host) = (try sites["guest"].site, try sites["host"].site)
        let (dsl, endless) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let low = try await guest.accepted(dsl: dsl, conf: endless)
        _ = try await host.workers(of: low, task: "secure_add_example_0", parties: ["host_10000"])
        let (_, urgent) = try CrashScenarios.toy(rows: 100, jobParameters: ["priority": 10])
        let high = try await guest.accepted(dsl: dsl, conf: urgent)
        if preempts {
            #expect(try await guest.ended(high).status == "success")
            // The other begins again, outside its own retries.
            let again = try await host.job(low) { CrashScenarios.status($0, role: "host", attempt: 1) == "running" }
            #expect(CrashScenarios.failure(again, role: "host", attempt: 0) == "preempted", "\(again.attempts)")
            #expect(CrashScenarios.status(again, role: "host", attempt: 0) == "lost", "\(again.attempts)")
        } else {
            let waits = try await guest.job(high) { $0.reasons.contains { $0["place"] as? Int == 1 } }
            #expect(waits.status == "waiting")
            #expect(try await guest.job(low) { _ in true }.status == "running")
        }
        for job in preempts ? [low] : [high, low] {
            let stop = try await guest.call(.POST, "/api/jobs/\(job)/stop")
            #expect(stop.status == 200, "\(stop.body)")
        }
        for site in [guest, host] { try await site.nothingHeld() }
        await sites.end()
    }
}

extension SiteUnderTest {
    /// Posts a job from any task, and gives its id.
    fileprivate static func posted(_ body: Data, to address: String, token: String) async throws -> String {
        var request = HTTPClientRequest(url: address + "/api/jobs")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: body))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let data = Data((try await response.body.collect(upTo: 1 << 20)).readableBytesView)
        let answer = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
        return try #require(answer["job"] as? String, "\(answer)")
    }
}
