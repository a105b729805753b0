import Foundation
import Logging
import NornFederation
import NornManifest
import NornRegistry
import NornStore
import NornWorkers

/// Looks at the machine and the installation before something fails because of them.
public struct Doctor: Sendable {
    public struct Finding: Codable, Equatable, Sendable {
        public enum State: String, Codable, Sendable { case good, limited, bad }

        public var subject: String
        public var state: State
        public var text: String
        /// What to do about it.
        public var remedy: String?
    }

    static let openFilesLeast: UInt64 = 4096

    let tree: InstalledTree
    let home: SiteHome

    public init(tree: InstalledTree, home: SiteHome) {
        self.tree = tree
        self.home = home
    }

    public func examine() async -> [Finding] {
        var findings = [kernel(), worker(), settings(), disk(), openFiles(), landlock(), seccomp()]
        findings += StoreCheckup(home: home, settings: given).examine()
        if let store = await store() { findings.append(store) }
        findings += await plugins()
        return findings + [protocols(), keys()]
    }

    /// The site's settings; the defaults where they cannot be read, which is a finding of its own.
    private var given: SiteSettings { (try? SiteSettings.read(home.settings)) ?? SiteSettings() }

    private func protocols() -> Finding {
        let versions = given.federation.versions
        return Finding(
            subject: "protocol", state: .good,
            text: "speaks \(versions.oldest) to \(versions.newest) with other sites", remedy: nil)
    }

    private func kernel() -> Finding {
        let version = (try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)) ?? "unknown"
        return Finding(
            subject: "kernel", state: .good, text: version.trimmingCharacters(in: .whitespacesAndNewlines), remedy: nil)
    }

    private func worker() -> Finding {
        let path = tree.worker.path
        guard FileManager.default.isExecutableFile(atPath: path) else {
            return Finding(
                subject: "worker", state: .bad, text: "\(path) is not there or cannot be run",
                remedy: "Install again: make install, or make stage in a checkout")
        }
        return Finding(subject: "worker", state: .good, text: path, remedy: nil)
    }

    private func settings() -> Finding {
        do {
            let settings = try SiteSettings.read(home.settings)
            try settings.checkListener()
            return Finding(subject: "settings", state: .good, text: home.settings.path, remedy: nil)
        } catch {
            let why = error as? SiteError
            return Finding(
                subject: "settings", state: .bad, text: why?.message ?? "they cannot be read", remedy: why?.hint)
        }
    }

    private func disk() -> Finding {
        let folder = FileManager.default.fileExists(atPath: home.root.path) ? home.root.path : "/"
        let megabytes = (DiskMark.freeBytes(folder) ?? 0) / 1_048_576
        let mark = given.disk.lowMegabytes
        guard megabytes >= Int64(mark) else {
            return Finding(
                subject: "disk", state: .bad,
                text: "\(megabytes) MiB are free at \(folder), the mark is \(mark) MiB: the site takes no new job",
                remedy: "Make room, choose another home with --home, or set disk.low_megabytes lower")
        }
        return Finding(
            subject: "disk", state: .good, text: "\(megabytes) MiB free at \(folder), the mark is \(mark) MiB",
            remedy: nil)
    }

    private func openFiles() -> Finding {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur >= Self.openFilesLeast else {
            return Finding(
                subject: "open files", state: .limited, text: "the limit is \(limit.rlim_cur)",
                remedy: "Raise it for many jobs at once: ulimit -n 65536, or LimitNOFILE in the systemd unit")
        }
        return Finding(subject: "open files", state: .good, text: "the limit is \(limit.rlim_cur)", remedy: nil)
    }

    private func landlock() -> Finding {
        let modules = (try? String(contentsOfFile: "/sys/kernel/security/lsm", encoding: .utf8)) ?? ""
        guard modules.contains("landlock") else {
            return Finding(
                subject: "landlock", state: .limited,
                text: "this kernel has none: workers may read what the site's user may",
                remedy: "Boot a kernel with landlock among lsm=, or run the site as a user of its own")
        }
        return Finding(subject: "landlock", state: .good, text: "workers see only their own files", remedy: nil)
    }

    private func seccomp() -> Finding {
        let actions = try? String(contentsOfFile: "/proc/sys/kernel/seccomp/actions_avail", encoding: .utf8)
        guard actions != nil else {
            return Finding(
                subject: "seccomp", state: .limited, text: "this kernel has none: workers may make any system call",
                remedy: "Use a kernel with CONFIG_SECCOMP_FILTER")
        }
        return Finding(
            subject: "seccomp", state: .good, text: "workers may start no process and open no socket", remedy: nil)
    }

    /// Admits every plugin into a store that is thrown away.
    private func plugins() async -> [Finding] {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "norn-doctor-\(FreshID.hexadecimal(bytes: 6))")
        defer { try? FileManager.default.removeItem(at: folder) }
        let logger = Logger(label: "norn.doctor") { _ in SwiftLogNoOpLogHandler() }
        let workers = Workers(executable: tree.worker.path, logger: logger)
        do {
            let registry = PluginRegistry(
                store: try PluginStore(root: folder.path), prober: ThrowAwayProber(workers: workers),
                rules: AdmissionRules(bridges: tree.bridges))
            let report = await registry.scan([tree.plugins.path, home.addedPlugins.path])
            let refused = report.refused.map {
                Finding(subject: "plugin", state: .bad, text: "\($0)", remedy: $0.remedy)
            }
            guard !report.admitted.isEmpty else {
                return refused + [
                    Finding(
                        subject: "plugins", state: .bad, text: "there are none in \(tree.plugins.path)",
                        remedy: "Install again: make install, or make stage in a checkout")
                ]
            }
            let names = report.admitted.map { "\($0.manifest.plugin.id) \($0.manifest.plugin.version)" }
            return [Finding(subject: "plugins", state: .good, text: names.joined(separator: ", "), remedy: nil)]
                + refused
        } catch {
            return [
                Finding(
                    subject: "plugins", state: .bad, text: "they cannot be read", remedy: "Check \(tree.plugins.path)")
            ]
        }
    }

    private func keys() -> Finding {
        guard FileManager.default.fileExists(atPath: home.keys.appending(path: "site.key.pem").path) else {
            return Finding(
                subject: "keys", state: .limited, text: "this site has none, so it works alone",
                remedy: "norn site init makes them")
        }
        return Finding(subject: "keys", state: .good, text: home.keys.path, remedy: nil)
    }
}
