import Foundation
import Synchronization

/// Makes the faults of a plan against sites that work.
final class ChaosRun: Sendable {
    static let watchMicroseconds: UInt32 = 100_000
    static let resumeTries = 20
    static let resumeMilliseconds = 500

    let federation: FaultFederation
    let workload: ChaosWorkload
    let deeds: ChaosDeeds
    /// What a site goes through at the moment; one that is down is not frozen too.
    private let busy = Mutex<Set<Int>>([])
    private let errors = Mutex<[String]>([])
    private let isFull = Mutex(false)
    private let isOver = Atomic<Bool>(false)

    init(_ federation: FaultFederation, workload: ChaosWorkload, deeds: ChaosDeeds) {
        self.federation = federation
        self.workload = workload
        self.deeds = deeds
    }

    /// Faults that could not be made or undone, and servers that ended by themselves.
    var failures: [String] { errors.withLock { $0 } }

    /// Follows the plan until the jobs are submitted or the time is over, and returns when every fault is over.
    func run(_ plan: ChaosPlan, jobs: Int?, seconds: Double) {
        var plan = plan
        let deadline = Date(timeIntervalSinceNow: seconds)
        let (faults, submitter, watcher) = (DispatchGroup(), DispatchGroup(), DispatchGroup())
        inThread(submitter) { self.workload.run(jobs: jobs) }
        inThread(watcher) { self.watch() }
        while true {
            let entry = plan.next()
            let pause = DispatchTime.now() + .milliseconds(entry.pauseMilliseconds)
            if submitter.wait(timeout: pause) == .success || Date() >= deadline { break }
            inThread(faults) { self.make(entry.fault) }
        }
        workload.stop()
        submitter.wait()
        faults.wait()
        isOver.store(true, ordering: .releasing)
        watcher.wait()
    }

    private func inThread(_ group: DispatchGroup, _ work: @escaping @Sendable () -> Void) {
        group.enter()
        Thread.detachNewThread {
            work()
            group.leave()
        }
    }

    private func make(_ fault: ChaosPlan.Fault) {
        do {
            switch fault {
            case .killCoordinator, .killPartner, .freezeServer, .killWorker: try strike(fault)
            case .killDatabase(let down):
                if try federation.database?.kill({ Self.wait(down) }) == true { deeds.count(fault) }
            case .killBackend: if federation.database?.killBackend() == true { deeds.count(fault) }
            case .pullCable, .blackhole, .cutWay, .slowWay, .resetWay: try spoil(fault)
            case .fillDisk(let milliseconds): fillDisk(milliseconds, fault)
            case .stopJob, .pauseJob, .rerunJob: want(fault)
            }
        } catch {
            errors.withLock { $0.append("\(fault): \(error)") }
        }
    }

    private static func wait(_ milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

    // MARK: Processes

    private func occupied(_ site: Int, _ work: () throws -> Void) rethrows {
        guard busy.withLock({ $0.insert(site).inserted }) else { return }
        defer { busy.withLock { _ = $0.remove(site) } }
        try work()
    }

    private func strike(_ fault: ChaosPlan.Fault) throws {
        switch fault {
        case .killCoordinator(let choice, let down):
            guard let job = workload.running(choice) else { return }
            try killServer(job.site, down, fault)
        case .killPartner(let choice, let down):
            guard let job = workload.running(choice) else { return }
            let partners = job.sites.filter { $0 != job.site }
            try killServer(partners[choice % partners.count], down, fault)
        case .killWorker(let choice): killWorker(choice, fault)
        case .freezeServer(let site, let milliseconds):
            occupied(site) {
                deeds.count(fault)
                federation.sites[site].freeze(true)
                Self.wait(milliseconds)
                federation.sites[site].freeze(false)
            }
        default: return
        }
    }

    private func killServer(_ site: Int, _ milliseconds: Int, _ fault: ChaosPlan.Fault) throws {
        try occupied(site) {
            deeds.count(fault)
            federation.sites[site].kill()
            Self.wait(milliseconds)
            try federation.startAgain(site)
        }
    }

    private func killWorker(_ choice: Int, _ fault: ChaosPlan.Fault) {
        let workers = federation.sites.flatMap(\.workers).sorted { $0.pid < $1.pid }
        guard !workers.isEmpty else { return }
        let worker = workers[choice % workers.count]
        guard let attempt = worker.attempt else { return }
        deeds.willKillWorker(of: attempt)
        if kill(worker.pid, SIGKILL) == 0 { deeds.count(fault) }
    }

    /// Starts servers that ended by themselves, as a service manager does. Only one whose database went may end so.
    private func watch() {
        while !isOver.load(ordering: .acquiring) {
            for site in federation.sites where site.process.map(Spawn.hasEnded) == true {
                let number = site.plan.number
                occupied(number) {
                    guard let process = site.process, Spawn.hasEnded(process) else { return }
                    let ending = site.end()
                    let mayEnd = federation.database != nil && number == FaultFederation.databaseSite
                    deeds.count("servers that ended by themselves", "\(site.plan.name) with \(ending)")
                    if !mayEnd { errors.withLock { $0.append("\(site.plan.name) ended by itself with \(ending)") } }
                    do {
                        try federation.startAgain(number)
                    } catch {
                        errors.withLock { $0.append("\(error)") }
                    }
                }
            }
            usleep(Self.watchMicroseconds)
        }
    }

    // MARK: Links

    private func spoil(_ fault: ChaosPlan.Fault) throws {
        switch fault {
        case .pullCable(let site, let milliseconds):
            deeds.count(fault)
            try federation.cut(site)
            Self.wait(milliseconds)
            try federation.heal(site)
        case .blackhole(let site, let milliseconds):
            guard federation.network.hasNamespaces else { return }
            deeds.count(fault)
            try federation.network.setBlackhole(of: site, isOn: true)
            Self.wait(milliseconds)
            // A second one on the same site has undone it already.
            _ = try? federation.network.setBlackhole(of: site, isOn: false)
        case .cutWay(let way, let milliseconds):
            deeds.count(fault)
            change(way, for: milliseconds, { $0.isCut = true }, back: { $0.isCut = false })
        case .slowWay(let way, let latency, let loss, let milliseconds):
            deeds.count(fault)
            change(way, for: milliseconds) {
                $0.latencyMilliseconds = latency
                $0.lossPercent = loss
            } back: {
                $0.latencyMilliseconds = 0
                $0.lossPercent = 0
            }
        case .resetWay(let way):
            deeds.count(fault)
            federation.relay(way)?.reset()
        default: return
        }
    }

    private func change(
        _ way: FaultFederation.Way, for milliseconds: Int, _ change: (inout Relay.Conditions) -> Void,
        back: (inout Relay.Conditions) -> Void
    ) {
        federation.relay(way)?.change(change)
        Self.wait(milliseconds)
        federation.relay(way)?.change(back)
    }

    // MARK: Disk

    private func fillDisk(_ milliseconds: Int, _ fault: ChaosPlan.Fault) {
        let isMine = isFull.withLock { isFull in
            defer { isFull = true }
            return !isFull
        }
        guard federation.hasSmallDisk, isMine else { return }
        defer { isFull.withLock { $0 = false } }
        deeds.count(fault)
        let filler = federation.sites[FaultFederation.smallSite].home + "/filler"
        deeds.diskGetsFull()
        SmallDisk.fill(filler)
        Self.wait(milliseconds)
        unlink(filler)
        deeds.diskHasRoom()
    }

    // MARK: Users

    /// Somebody stops, pauses or reruns a job, from the site where it was submitted.
    private func want(_ fault: ChaosPlan.Fault) {
        switch fault {
        case .stopJob(let choice):
            guard let job = workload.running(choice) else { return }
            deeds.willStop(job.id)
            if post("stop", job) { deeds.count(fault) }
        case .pauseJob(let choice, let milliseconds):
            guard let job = workload.running(choice), post("pause", job) else { return }
            deeds.count(fault)
            Self.wait(milliseconds)
            // Its site may be down or cut off just now; a person tries again.
            for _ in 0..<Self.resumeTries {
                if post("resume", job) { break }
                Self.wait(Self.resumeMilliseconds)
            }
        case .rerunJob(let choice): if let job = workload.any(choice), post("rerun", job) { deeds.count(fault) }
        default: return
        }
    }

    private func post(_ what: String, _ job: ChaosWorkload.Accepted) -> Bool {
        let answer = try? federation.sites[job.site].call(
            "POST", "/api/jobs/\(job.id)/\(what)", json: [String: String](), seconds: 5)
        return answer?.isGood == true
    }
}

/// The small file system of one site.
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

    /// Bytes that are taken on the file system of a path.
    static func bytesTaken(_ path: String) -> Int {
        var values = statvfs()
        guard statvfs(path, &values) == 0 else { return -1 }
        return Int(values.f_blocks - values.f_bfree) * Int(values.f_frsize)
    }
}
