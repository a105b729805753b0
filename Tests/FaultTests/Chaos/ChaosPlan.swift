/// Which faults come when: a value made of a seed alone.
struct ChaosPlan: Sendable {
    enum Fault: Hashable, Sendable {
        case killServer(site: Int, downMilliseconds: Int)
        /// SIGSTOP, and SIGCONT later; its workers go on meanwhile.
        case freezeServer(site: Int, milliseconds: Int)
        case killWorker(site: Int)
        case pullCable(site: Int, milliseconds: Int)
        case blackhole(site: Int, milliseconds: Int)
        case cutWay(FaultFederation.Way, milliseconds: Int)
        case slowWay(FaultFederation.Way, latencyMilliseconds: Int, lossPercent: Int, milliseconds: Int)
        case resetWay(FaultFederation.Way)
        case fillDisk(milliseconds: Int)
        case stopJob
        case pauseJob(milliseconds: Int)
        case rerunJob

        /// The name under which it is counted.
        var kind: String {
            switch self {
            case .killServer: "servers killed"
            case .freezeServer: "servers frozen"
            case .killWorker: "workers killed"
            case .pullCable: "cables pulled"
            case .blackhole: "blackholes"
            case .cutWay: "ways cut"
            case .slowWay: "ways slowed"
            case .resetWay: "ways reset"
            case .fillDisk: "disks filled"
            case .stopJob: "jobs stopped"
            case .pauseJob: "jobs paused"
            case .rerunJob: "jobs rerun"
            }
        }

        var isPartition: Bool {
            switch self {
            case .pullCable, .blackhole, .cutWay: true
            default: false
            }
        }
    }

    struct Entry: Sendable {
        var atMilliseconds: Int
        var fault: Fault
    }

    /// Between one fault and the next.
    static let pauseMilliseconds = 300...1600
    static let faultMilliseconds = 300...5000

    let entries: [Entry]

    init(seed: UInt64, milliseconds: Int, sites: Int) {
        var random = SeededGenerator(seed: seed)
        var entries: [Entry] = []
        var time = 1000
        while time < milliseconds {
            entries.append(Entry(atMilliseconds: time, fault: Self.fault(sites, &random)))
            time += Int.random(in: Self.pauseMilliseconds, using: &random)
        }
        self.entries = entries
    }

    private static func fault(_ sites: Int, _ random: inout SeededGenerator) -> Fault {
        let site = Int.random(in: 0..<sites, using: &random)
        let other = (site + Int.random(in: 1..<sites, using: &random)) % sites
        let way = FaultFederation.Way(from: site, to: other)
        let milliseconds = Int.random(in: faultMilliseconds, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0...2: return .killServer(site: site, downMilliseconds: milliseconds / 2)
        case 3: return .freezeServer(site: site, milliseconds: milliseconds)
        case 4...6: return .killWorker(site: site)
        case 7, 8: return .pullCable(site: site, milliseconds: milliseconds)
        case 9: return .blackhole(site: site, milliseconds: milliseconds)
        case 10, 11: return .cutWay(way, milliseconds: milliseconds)
        case 12:
            let latency = Int.random(in: 20...300, using: &random)
            return .slowWay(
                way, latencyMilliseconds: latency, lossPercent: Int.random(in: 0...30, using: &random),
                milliseconds: milliseconds * 2)
        case 13, 14: return .resetWay(way)
        case 15: return .fillDisk(milliseconds: milliseconds)
        case 16, 17: return .stopJob
        case 18: return .pauseJob(milliseconds: milliseconds)
        default: return .rerunJob
        }
    }
}
