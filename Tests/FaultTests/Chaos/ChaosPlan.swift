/// Which faults come when, one after the other for ever: a value made of a seed alone. What a fault hits of what lives
/// at its time is told by its `choice`.
struct ChaosPlan: Sendable {
    enum Fault: Hashable, Sendable {
        /// The site that coordinates a job that runs.
        case killCoordinator(choice: Int, downMilliseconds: Int)
        /// Another site of a job that runs.
        case killPartner(choice: Int, downMilliseconds: Int)
        /// SIGSTOP, and SIGCONT later; its workers go on meanwhile.
        case freezeServer(site: Int, milliseconds: Int)
        case killWorker(choice: Int)
        /// The postmaster of the site that has a PostgreSQL.
        case killDatabase(downMilliseconds: Int)
        /// One of its backends: the others drop their connections, and it recovers.
        case killBackend
        case pullCable(site: Int, milliseconds: Int)
        case blackhole(site: Int, milliseconds: Int)
        case cutWay(FaultFederation.Way, milliseconds: Int)
        case slowWay(FaultFederation.Way, latencyMilliseconds: Int, lossPercent: Int, milliseconds: Int)
        case resetWay(FaultFederation.Way)
        case fillDisk(milliseconds: Int)
        case stopJob(choice: Int)
        case pauseJob(choice: Int, milliseconds: Int)
        case rerunJob(choice: Int)
    }

    struct Entry: Hashable, Sendable {
        /// After the one before.
        var pauseMilliseconds: Int
        var fault: Fault
    }

    /// Between faults, before the stretch.
    static let pauseMilliseconds = 300...1600
    static let faultMilliseconds = 300...5000
    static let choices = 0...9999

    private let sites: Int
    private let stretch: Int
    private var random: SeededGenerator

    /// - Parameter stretch: how many times longer the pauses are: a long run leaves jobs the time to get on.
    init(seed: UInt64, sites: Int, stretch: Int = 1) {
        self.sites = sites
        self.stretch = stretch
        random = SeededGenerator(seed: seed)
    }

    mutating func next() -> Entry {
        let pause = Int.random(in: Self.pauseMilliseconds, using: &random)
        return Entry(pauseMilliseconds: pause * stretch, fault: fault())
    }

    private mutating func fault() -> Fault {
        let site = Int.random(in: 0..<sites, using: &random)
        let other = (site + Int.random(in: 1..<sites, using: &random)) % sites
        let milliseconds = Int.random(in: Self.faultMilliseconds, using: &random)
        let choice = Int.random(in: Self.choices, using: &random)
        switch Int.random(in: 0..<24, using: &random) {
        case 0, 1: return .killCoordinator(choice: choice, downMilliseconds: milliseconds / 2)
        case 2, 3: return .killPartner(choice: choice, downMilliseconds: milliseconds / 2)
        case 4: return .freezeServer(site: site, milliseconds: milliseconds)
        case 5...7: return .killWorker(choice: choice)
        case 8: return .killDatabase(downMilliseconds: milliseconds / 2)
        case 9: return .killBackend
        case 10, 11: return .pullCable(site: site, milliseconds: milliseconds)
        case 12: return .blackhole(site: site, milliseconds: milliseconds)
        case 13, 14: return .cutWay(FaultFederation.Way(from: site, to: other), milliseconds: milliseconds)
        case 15: return slowWay(FaultFederation.Way(from: site, to: other), milliseconds)
        case 16, 17: return .resetWay(FaultFederation.Way(from: site, to: other))
        case 18, 19: return .fillDisk(milliseconds: milliseconds)
        case 20, 21: return .stopJob(choice: choice)
        case 22: return .pauseJob(choice: choice, milliseconds: milliseconds)
        default: return .rerunJob(choice: choice)
        }
    }

    private mutating func slowWay(_ way: FaultFederation.Way, _ milliseconds: Int) -> Fault {
        let latency = Int.random(in: 20...300, using: &random)
        return .slowWay(
            way, latencyMilliseconds: latency, lossPercent: Int.random(in: 0...30, using: &random),
            milliseconds: milliseconds * 2)
    }
}

extension ChaosPlan.Fault {
    /// What it is: a kill, a partition, a disk, or what a user wants.
    enum Kind: String, Sendable, CaseIterable {
        case kills, partitions
        case badLinks = "bad links"
        case disks
        case freezes
        case wishes
    }

    var kind: Kind {
        switch self {
        case .killCoordinator, .killPartner, .killWorker, .killDatabase, .killBackend: .kills
        case .pullCable, .blackhole, .cutWay: .partitions
        case .slowWay, .resetWay: .badLinks
        case .fillDisk: .disks
        case .freezeServer: .freezes
        case .stopJob, .pauseJob, .rerunJob: .wishes
        }
    }

    /// The name under which it is counted.
    var name: String {
        switch self {
        case .killCoordinator: "coordinators"
        case .killPartner: "partners"
        case .killWorker: "workers"
        case .killDatabase: "databases"
        case .killBackend: "database backends"
        case .pullCable: "cables pulled"
        case .blackhole: "blackholes"
        case .cutWay: "ways cut"
        case .slowWay: "ways slowed"
        case .resetWay: "ways reset"
        case .fillDisk: "disks filled"
        case .freezeServer: "servers frozen"
        case .stopJob: "jobs stopped"
        case .pauseJob: "jobs paused"
        case .rerunJob: "jobs rerun"
        }
    }
}
