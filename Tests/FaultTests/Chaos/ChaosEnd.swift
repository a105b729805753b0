import Foundation

/// Brings everything up again after a run and waits until every job has ended.
struct ChaosEnd {
    let federation: FaultFederation
    let workload: ChaosWorkload
    let secondsMaximum: Double

    /// What still lived when the time was over, by site and job.
    func settle() throws -> [String] {
        try heal()
        for job in workload.accepted {
            _ = try? federation.sites[job.site].call("POST", "/api/jobs/\(job.id)/resume", json: [String: String]())
        }
        return wait()
    }

    /// A power cut of everything at once: what is durable has to say the same as before.
    func settleAfterPowerCut() throws -> [String] {
        for site in federation.sites { site.kill() }
        _ = try federation.database?.kill {}
        try heal()
        return wait()
    }

    private func wait() -> [String] {
        let deadline = Date(timeIntervalSinceNow: secondsMaximum)
        var open: [String] = ["not asked yet"]
        while !open.isEmpty, Date() < deadline {
            usleep(200_000)
            open = federation.sites.flatMap(openJobs)
        }
        return open
    }

    private func heal() throws {
        for way in federation.ways { federation.relay(way)?.change { $0 = Relay.Conditions() } }
        try federation.database?.start()
        for site in federation.sites {
            site.freeze(false)
            try federation.heal(site.plan.number)
            _ = try? federation.network.setBlackhole(of: site.plan.number, isOn: false)
            if site.process.map(Spawn.hasEnded) ?? true {
                site.kill()
                try federation.startAgain(site.plan.number)
            }
        }
    }

    private func openJobs(_ site: FaultSite) -> [String] {
        var open: [String] = []
        for status in ["waiting", "running"] {
            guard let answer = try? site.call("GET", "/api/jobs?limit=1000&status=\(status)"), answer.isGood else {
                return ["\(site.plan.name) does not answer"]
            }
            open += answer.list.map { job in
                "\(site.plan.name): \(job["job"] ?? "") \(job["status"] ?? "") \(job["waiting"] ?? "")"
            }
        }
        return open
    }
}
