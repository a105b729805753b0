import Foundation

/// The network of a run: a namespace for each site and one between them with a bridge. Where namespaces are not allowed
/// everything is on loopback, and only the relays make faults.
struct FaultNetwork: Sendable {
    static let namePrefix = "nf"
    static let hubAddress = "10.77.0.1"

    let sites: Int
    /// Nil where namespaces are not allowed.
    private let prefix: String?
    /// Why there are none.
    let reason: String?

    var hasNamespaces: Bool { prefix != nil }
    var hub: String? { prefix.map { $0 + "-hub" } }
    var relayAddress: String { hasNamespaces ? Self.hubAddress : "127.0.0.1" }

    func namespace(of site: Int) -> String? { prefix.map { "\($0)-\(site)" } }
    func address(of site: Int) -> String { hasNamespaces ? "10.77.\(site + 1).2" : "127.0.0.1" }

    /// What a run names its own things after, so that a later one can tell whether their maker lives.
    static var runName: String { "\(namePrefix)\(getpid())" }

    /// - Parameter number: of the network in this process.
    init(sites: Int, number: Int) throws {
        self.sites = sites
        if ProcessInfo.processInfo.environment["NORN_FAULT_LOOPBACK"] == "1" {
            (prefix, reason) = (nil, "NORN_FAULT_LOOPBACK is set")
            return
        }
        let name = "\(Self.runName)n\(number)"
        do {
            try Spawn.run(["ip", "netns", "add", name + "-hub"])
        } catch {
            (prefix, reason) = (nil, "\(error)")
            return
        }
        (prefix, reason) = (name, nil)
        try lay()
    }

    /// Everything is made inside of the namespaces, so that it is gone with them.
    private func lay() throws {
        guard let hub else { return }
        try ip(hub, "link set lo up")
        try ip(hub, "link add br0 type bridge")
        try ip(hub, "addr add \(Self.hubAddress)/16 dev br0")
        try ip(hub, "link set br0 up")
        for site in 0..<sites {
            guard let name = namespace(of: site) else { return }
            try Spawn.run(["ip", "netns", "add", name])
            try ip(name, "link set lo up")
            try ip(hub, "link add port\(site) type veth peer name eth0 netns \(name)")
            try ip(hub, "link set port\(site) master br0")
            try ip(hub, "link set port\(site) up")
            try ip(name, "addr add \(address(of: site))/16 dev eth0")
            try ip(name, "link set eth0 up")
        }
    }

    private func ip(_ namespace: String, _ command: String) throws {
        try Spawn.run(["ip", "-n", namespace] + command.split(separator: " ").map(String.init))
    }

    /// Pulls a site's cable, or plugs it in again.
    func setLink(of site: Int, isUp: Bool) throws {
        guard let name = namespace(of: site) else { return }
        try ip(name, "link set eth0 \(isUp ? "up" : "down")")
    }

    /// Drops all that a site sends to others, or no longer.
    func setBlackhole(of site: Int, isOn: Bool) throws {
        guard let name = namespace(of: site) else { return }
        try ip(name, "route \(isOn ? "replace" : "del") blackhole \(Self.hubAddress)/32")
    }

    /// A command as it runs at a site. nsenter replaces itself by it, so the process id is the command's.
    func command(at site: Int, _ arguments: [String]) -> [String] {
        guard let name = namespace(of: site) else { return arguments }
        return ["nsenter", "--net=/run/netns/\(name)", "--"] + arguments
    }

    func remove() {
        guard let hub else { return }
        for name in [hub] + (0..<sites).compactMap(namespace) { _ = try? Spawn.run(["ip", "netns", "del", name]) }
    }
}
