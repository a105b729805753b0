import Foundation
import NornLinux
import NornWorkers

/// One active scheduler for each home. The kernel holds the lock as long as the process lives, and no longer: who gets
/// it knows that its last holder has ended, however that came, on the same machine and by no clock.
final class HomeLock: Sendable {
    private let descriptor: Int32

    /// Nil when another process holds it.
    static func take(_ home: SiteHome) throws -> HomeLock? {
        let descriptor = Foundation.open(home.lockFile.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SiteError(
                "home_not_locked", "The file \(home.lockFile.path) cannot be opened", hint: "Check the folder's owner")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return HomeLock(descriptor)
    }

    /// Refuses a home that another process holds.
    static func hold(_ home: SiteHome) throws -> HomeLock {
        guard let lock = try take(home) else {
            throw SiteError(
                "home_in_use", "Another server uses the home \(home.root.path)",
                hint: "Stop it, or start this one with --home")
        }
        return lock
    }

    private init(_ descriptor: Int32) {
        self.descriptor = descriptor
        let text = Array("\(getpid()) \(norn_linux_start_time(getpid()))\n".utf8)
        // Only who would end a holder that hangs reads it; without it, nobody ends anybody.
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
    }

    deinit { close(descriptor) }

    /// Kills the process that holds the lock, if it is the one that wrote its number down. False: nobody was killed.
    static func endHolder(_ home: SiteHome) -> Bool {
        guard let text = try? String(contentsOf: home.lockFile, encoding: .utf8) else { return false }
        let numbers = text.split(whereSeparator: \.isWhitespace)
        guard numbers.count == 2, let pid = pid_t(numbers[0]), let start = Int64(numbers[1]), pid != getpid() else {
            return false
        }
        return norn_linux_kill_process(pid, start) == 0
    }
}

/// Every worker holds a shared lock on one file of the home as long as it lives, whoever started it.
enum WorkersLock {
    /// Workers die with their server, at once; this is for a machine that is very busy.
    static let endSeconds: Double = 15
    static let lookMilliseconds = 20

    /// From now on workers of this process hold the lock.
    static func prepare(_ home: SiteHome) throws {
        guard norn_linux_set_life_file(home.workersFile.path) == 0 else {
            throw SiteError(
                "home_not_locked", "The file \(home.workersFile.path) cannot be opened",
                hint: "Check the folder's owner")
        }
    }

    /// Waits until no worker of an earlier server lives. The caller holds the home's lock, so none can come.
    static func awaitEnd(_ home: SiteHome) async throws {
        let descriptor = Foundation.open(home.workersFile.path, O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer { if descriptor >= 0 { close(descriptor) } }
        let deadline = Date(timeIntervalSinceNow: endSeconds)
        while descriptor < 0 || flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard Date() < deadline else {
                throw SiteError(
                    "workers_live", "Workers of an earlier server of this home still live",
                    hint: "End the processes named norn-worker that hold \(home.workersFile.path)")
            }
            try await Task.sleep(for: .milliseconds(lookMilliseconds))
        }
    }
}
