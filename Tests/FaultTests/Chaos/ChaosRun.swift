import Foundation
import Synchronization

/// Makes the faults of a plan against sites that work.
final class ChaosRun: Sendable {
    let federation: FaultFederation
    let workload: ChaosWorkload
    let counts: ChaosCounts
    /// What a site goes through at the moment; one that is down is not frozen too.
    private let busy = Mutex<Set<Int>>([])
    private let errors = Mutex<[String]>([])
    private let isFull = Mutex(false)

    init(_ federation: FaultFederation, workload: ChaosWorkload, counts: ChaosCounts) {
        self.federation = federation
        self.workload = workload
        self.counts = counts
    }

    /// Faults that could not be made or undone.
    var failures: [String] { errors.withLock { $0 } }

    /// Runs the plan to its end, and returns when every fault is over.
    func run(_ plan: ChaosPlan) {
        let begin = Date()
        let group = DispatchGroup()
        let submitter = DispatchGroup()
        inThread(submitter) { self.workload.run() }
        for entry in plan.entries {
            let pause = Double(entry.atMilliseconds) / 1000 - Date().timeIntervalSince(begin)
            if pause > 0 { usleep(UInt32(pause * 1_000_000)) }
            inThread(group) { self.make(entry.fault) }
        }
        group.wait()
        workload.stop()
        submitter.wait()
    }

    private func inThread(_ group: DispatchGroup, _ work: @escaping @Sendable () -> Void) {
        group.enter()
        Thread.detachNewThread {
            work()
            group.leave()
        }
    }

    private func count(_ fault: ChaosPlan.Fault) {
        counts.add(fault.kind)
        if fault.isPartition { counts.add("partitions") }
    }

    private func make(_ fault: ChaosPlan.Fault) {
        do {
            switch fault {
            case .killServer(let site, let milliseconds): try killServer(site, milliseconds, fault)
            case .freezeServer(let site, let milliseconds): freeze(site, milliseconds, fault)
            case .killWorker(let site): killWorker(site, fault)
            case .pullCable(let site, let milliseconds): try pullCable(site, milliseconds, fault)
            case .blackhole(let site, let milliseconds): try blackhole(site, milliseconds, fault)
            case .cutWay(let way, let milliseconds):
                count(fault)
                change(way, for: milliseconds, { $0.isCut = true }, back: { $0.isCut = false })
            case .slowWay(let way, let latency, let loss, let milliseconds):
                count(fault)
                change(way, for: milliseconds) {
                    $0.latencyMilliseconds = latency
                    $0.lossPercent = loss
                } back: {
                    $0.latencyMilliseconds = 0
                    $0.lossPercent = 0
                }
            case .resetWay(let way):
                count(fault)
                federation.relay(way)?.reset()
            case .fillDisk(let milliseconds): try fillDisk(milliseconds, fault)
            case .stopJob, .pauseJob, .rerunJob: want(fault)
            }
        } catch {
            errors.withLock { $0.append("\(fault): \(error)") }
        }
    }

    // MARK: Processes

    private func occupied(_ site: Int, _ work: () throws -> Void) rethrows {
        guard busy.withLock({ $0.insert(site).inserted }) else { return }
        defer { busy.withLock { _ = $0.remove(site) } }
        try work()
    }

    private func killServer(_ site: Int, _ milliseconds: Int, _ fault: ChaosPlan.Fault) throws {
        try occupied(site) {
            count(fault)
            federation.sites[site].kill()
            usleep(UInt32(milliseconds) * 1000)
            try federation.sites[site].start()
        }
    }

    private func freeze(_ site: Int, _ milliseconds: Int, _ fault: ChaosPlan.Fault) {
        occupied(site) {
            count(fault)
            federation.sites[site].freeze(true)
            usleep(UInt32(milliseconds) * 1000)
            federation.sites[site].freeze(false)
        }
    }

    private func killWorker(_ site: Int, _ fault: ChaosPlan.Fault) {
        guard let worker = federation.sites[site].workers.randomElement() else { return }
        count(fault)
        kill(worker.pid, SIGKILL)
    }

    // MARK: Links

    private func change(
        _ way: FaultFederation.Way, for milliseconds: Int, _ change: (inout Relay.Conditions) -> Void,
        back: (inout Relay.Conditions) -> Void
    ) {
        federation.relay(way)?.change(change)
        usleep(UInt32(milliseconds) * 1000)
        federation.relay(way)?.change(back)
    }

    private func pullCable(_ site: Int, _ milliseconds: Int, _ fault: ChaosPlan.Fault) throws {
        count(fault)
        try federation.cut(site)
        usleep(UInt32(milliseconds) * 1000)
        try federation.heal(site)
    }

    private func blackhole(_ site: Int, _ milliseconds: Int, _ fault: ChaosPlan.Fault) throws {
        guard federation.network.hasNamespaces else { return }
        count(fault)
        try federation.network.setBlackhole(of: site, isOn: true)
        usleep(UInt32(milliseconds) * 1000)
        // A second one on the same site has undone it already.
        _ = try? federation.network.setBlackhole(of: site, isOn: false)
    }

    // MARK: Disk

    private func fillDisk(_ milliseconds: Int, _ fault: ChaosPlan.Fault) throws {
        guard federation.hasSmallDisk,
            !isFull.withLock({ was in
                defer { was = true }
                return was
            })
        else { return }
        defer { isFull.withLock { $0 = false } }
        count(fault)
        let filler = federation.sites[FaultFederation.smallSite].home + "/filler"
        SmallDisk.fill(filler)
        usleep(UInt32(milliseconds) * 1000)
        unlink(filler)
    }

    // MARK: Users

    /// Somebody stops, pauses or reruns a job, from the site where it was submitted.
    private func want(_ fault: ChaosPlan.Fault) {
        guard let job = workload.any() else { return }
        let site = federation.sites[job.site]
        func post(_ what: String) -> Bool {
            (try? site.call("POST", "/api/jobs/\(job.id)/\(what)", json: [String: String](), seconds: 5))?.isGood
                == true
        }
        switch fault {
        case .pauseJob(let milliseconds):
            guard post("pause") else { return }
            count(fault)
            usleep(UInt32(milliseconds) * 1000)
            _ = post("resume")
        case .rerunJob: if post("rerun") { count(fault) }
        default: if post("stop") { count(fault) }
        }
    }
}

/// The small file system of one site's home.
enum SmallDisk {
    /// Writes a file until nothing more fits.
    static func fill(_ path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        for size in [1 << 20, 4096, 1] {
            let piece = [UInt8](repeating: 1, count: size)
            while write(file, piece, size) == size {}
        }
    }
}
