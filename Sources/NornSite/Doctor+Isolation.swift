import Foundation
import NornLinux
import NornWorkers

/// What the machine gives to keep workers apart from it and from each other.
extension Doctor {
    func isolation() -> [Finding] { [landlock(), seccomp(), network(), controlGroups(), superuser()] }

    private func landlock() -> Finding {
        let version = norn_linux_landlock_version()
        guard version > 0 else {
            return Finding(
                subject: "landlock", state: .limited,
                text: "this kernel has none: workers may read and write what the site's user may, the plugin store, "
                    + "whose files are read-only for a user who is not root, and other jobs' folders too",
                remedy: "Boot a kernel with landlock among lsm=, or run the site as a user of its own")
        }
        let what = "workers write in their scratch folder only, and read their inputs and libraries only"
        return Finding(
            subject: "landlock", state: version >= 3 ? .good : .limited,
            text: version >= 3
                ? "version \(version): \(what)"
                : "version \(version): \(what), but it cannot keep files from being cut",
            remedy: version >= 3 ? nil : "Use a kernel of version 6.2 or later")
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

    private func network() -> Finding {
        let result = norn_linux_empty_network()
        guard result == 0 else {
            return Finding(
                subject: "network", state: .limited,
                text: "no empty network namespace can be made (\(String(cString: strerror(-result)))): "
                    + "the filter of system calls alone keeps workers from the network",
                remedy: "Allow user namespaces (user.max_user_namespaces), or give the site CAP_SYS_ADMIN")
        }
        return Finding(
            subject: "network", state: .good, text: "workers live in a namespace without any network", remedy: nil)
    }

    private func controlGroups() -> Finding {
        do throws(WorkerCgroups.Unavailable) {
            let folder = try WorkerCgroups.ownFolder()
            try WorkerCgroups.check(folder)
            return Finding(
                subject: "cgroups", state: .good,
                text: "memory, cores and threads of each worker can be held to its grant below \(folder), if no other "
                    + "process lives in that group", remedy: nil)
        } catch {
            return Finding(
                subject: "cgroups", state: .limited,
                text: "\(error.why): a worker's own limits and its watchdog hold its memory, and nothing its cores",
                remedy: "With systemd, the unit's Delegate=yes hands them over")
        }
    }

    private func superuser() -> Finding {
        guard geteuid() == 0 else {
            return Finding(subject: "user", state: .good, text: "the site does not run as root", remedy: nil)
        }
        return Finding(
            subject: "user", state: .limited,
            text: "the site runs as root; workers give up root's rights, but files of root stay theirs where landlock "
                + "is missing", remedy: "Run it as a user of its own, as the systemd unit does")
    }
}
