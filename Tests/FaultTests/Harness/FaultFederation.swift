import Foundation
import PostgreSQLServer
import Synchronization

/// Three sites that trust one another, with a relay on each way between two of them.
final class FaultFederation: Sendable {
    static let names = ["guest", "host", "arbiter"]
    static let parties = ["9999", "10000", "10001"]
    /// The site whose home is a small file system of its own, where mounting is allowed.
    static let smallSite = 1
    static let smallMegabytes = 256
    /// The site whose store is a PostgreSQL, where one is asked for; the others have SQLite.
    static let databaseSite = 0
    /// What a run waits for, where the sites have these settings.
    static let leaseSeconds = 3
    static let graceSeconds = 1

    private static let made = Atomic<Int>(0)

    let folder: String
    let network: FaultNetwork
    let sites: [FaultSite]
    let hasSmallDisk: Bool
    let database: FaultDatabase?
    private let relays: [Way: Relay]

    /// From one site to another.
    struct Way: Hashable, Sendable {
        var from: Int
        var to: Int
    }

    /// - Parameters:
    ///   - seed: of the relays' losses.
    ///   - hasDatabase: whether one site's store is a PostgreSQL.
    ///   - dataMegabytes: of a small file system for the small site's jobs and tables, its store being on another; nil:
    ///     its whole home is on one.
    init(seed: UInt64 = 1, hasDatabase: Bool = false, dataMegabytes: Int? = nil) throws {
        Leftovers.sweep()
        let number = Self.made.add(1, ordering: .relaxed).newValue
        folder = Leftovers.folderPrefix + "\(getpid())-\(number)"
        let network = try FaultNetwork(sites: Self.names.count, number: number)
        self.network = network
        if let reason = network.reason {
            print("faults: no network namespaces (\(reason)): sites are on loopback, relays alone cut their links")
        }
        try FileManager.default.createDirectory(atPath: folder + "/marks", withIntermediateDirectories: true)
        let tree = try FaultTree.make(in: folder)
        var sites: [FaultSite] = []
        for (place, name) in Self.names.enumerated() {
            let home = "\(folder)/\(name)"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            sites.append(
                FaultSite(
                    FaultSite.Plan(
                        number: place, name: name, party: Self.parties[place], home: home, tree: tree, network: network,
                        federationPort: try Self.port(in: network.namespace(of: place)))))
        }
        self.sites = sites
        database = hasDatabase ? try FaultDatabase() : nil
        hasSmallDisk = try Self.mountSmallDisk(sites[Self.smallSite].home, dataMegabytes: dataMegabytes)
        relays = try Self.relays(network, sites, seed: seed)
        do {
            try begin()
        } catch {
            end()
            throw error
        }
    }

    deinit { end() }

    private static func port(in namespace: String?) throws -> UInt16 {
        let (descriptor, port) = try TCPSocket.listen(in: namespace, address: "127.0.0.1")
        close(descriptor)
        return port
    }

    private static func mountSmallDisk(_ home: String, dataMegabytes: Int?) throws -> Bool {
        let place = dataMegabytes == nil ? home : home + "/data"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        let size = dataMegabytes ?? smallMegabytes
        guard mount("tmpfs", place, "tmpfs", 0, "size=\(size)m,mode=700") == 0 else {
            print("faults: no file system can be mounted here (\(String(cString: strerror(errno)))): no disk gets full")
            return false
        }
        guard dataMegabytes != nil else { return true }
        // What holds data is on the disk for data: a result is renamed from a job's folder to where it is kept.
        for name in ["jobs", "tables", "models", "uploads"] {
            try FileManager.default.createDirectory(atPath: "\(place)/\(name)", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(home)/\(name)", withDestinationPath: "\(place)/\(name)")
        }
        return true
    }

    private static func relays(_ network: FaultNetwork, _ sites: [FaultSite], seed: UInt64) throws -> [Way: Relay] {
        var relays: [Way: Relay] = [:]
        for from in sites.indices {
            for to in sites.indices where to != from {
                let relay = try Relay(
                    namespace: network.hub, address: network.relayAddress, seed: seed &+ UInt64(from * 8 + to))
                relay.setTarget(
                    Relay.Target(
                        namespace: network.hub, address: network.address(of: to), port: sites[to].plan.federationPort))
                relays[Way(from: from, to: to)] = relay
            }
        }
        return relays
    }

    // MARK: The start

    private func begin() throws {
        var pins: [String] = []
        for site in sites {
            try settings(of: site).write(toFile: site.home + "/site.yaml", atomically: true, encoding: .utf8)
            let made = try Spawn.run([
                site.norn, "site", "init", "--home", site.home, "--name", site.plan.name, "--hosts",
                network.address(of: site.plan.number),
            ])
            guard let pin = made.firstMatch(of: #/sha256:[0-9a-f]{64}/#) else { throw FaultFailure("no pin: \(made)") }
            pins.append(String(pin.0))
        }
        for site in sites {
            for other in sites where other !== site {
                try trust(other, pin: pins[other.plan.number], at: site)
            }
        }
        for site in sites { try site.start() }
    }

    private func trust(_ other: FaultSite, pin: String, at site: FaultSite) throws {
        guard let relay = relay(from: site.plan.number, to: other.plan.number) else { return }
        try Spawn.run([
            site.norn, "site", "trust", other.plan.name, "--home", site.home, "--pin", pin, "--parties",
            other.plan.party, "--address", "https://\(network.relayAddress):\(relay.port)",
        ])
    }

    /// Marks are written outside of the home, so workers are not confined to it.
    private func settings(of site: FaultSite) -> String {
        let known =
            (try? String(contentsOfFile: FaultTree.staged + "/share/norn/conf/site.yaml", encoding: .utf8)) ?? ""
        var text = "sandbox:\n  landlock: false\n"
        if known.contains("lease_seconds:") {
            text += "scheduling:\n  lease_seconds: \(Self.leaseSeconds)\n  grace_seconds: \(Self.graceSeconds)\n"
        }
        // The small file system is below the standard low mark when it is empty.
        if known.contains("low_megabytes:") { text += "disk:\n  low_megabytes: 16\n  resume_megabytes: 24\n" }
        if let database, site.plan.number == Self.databaseSite { text += "store:\n  url: \"\(database.address)\"\n" }
        return text
    }

    // MARK: What tests use

    var marksFolder: String { folder + "/marks" }
    func relay(from: Int, to: Int) -> Relay? { relays[Way(from: from, to: to)] }
    var ways: [Way] { relays.keys.sorted { ($0.from, $0.to) < ($1.from, $1.to) } }
    func relay(_ way: Way) -> Relay? { relays[way] }

    /// Cuts a site from all others, by its cable where it has one.
    func cut(_ site: Int) throws {
        try network.setLink(of: site, isUp: false)
        if !network.hasNamespaces { setCut(site, true) }
    }

    func heal(_ site: Int) throws {
        try network.setLink(of: site, isUp: true)
        if !network.hasNamespaces { setCut(site, false) }
    }

    private func setCut(_ site: Int, _ isCut: Bool) {
        for way in ways where way.from == site || way.to == site { relay(way)?.change { $0.isCut = isCut } }
    }

    /// Starts a killed server. One whose database is away ends again, and a service manager starts it until it stays.
    func startAgain(_ site: Int) throws {
        let deadline = Date(timeIntervalSinceNow: FaultSite.startSecondsMaximum)
        while true {
            do {
                return try sites[site].start()
            } catch {
                guard database != nil, site == Self.databaseSite, Date() < deadline else { throw error }
                sites[site].kill()
            }
        }
    }

    func end() {
        for relay in relays.values { relay.end() }
        for site in sites { site.kill() }
        database?.end()
        network.remove()
        if ProcessInfo.processInfo.environment["NORN_FAULT_KEEP"] == "1" {
            print("faults: \(folder) is kept")
        } else {
            Leftovers.remove(folder: folder)
        }
    }
}
