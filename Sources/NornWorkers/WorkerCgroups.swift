import Glibc
import Synchronization

/// Control groups (cgroup v2) for workers, where the site may make them: memory, processor and threads of each worker
/// from its grant, held by the kernel. Where it may not, the worker's own limits hold alone.
///
/// The kernel lets only groups without processes hand controllers on. So the site moves itself into a group of its own
/// below the one that it was started in, and makes its workers' groups beside that.
public final class WorkerCgroups: Sendable {
    static let ownName = "norn-site"
    static let workersName = "norn-workers"
    /// What the workers' groups need.
    static let controllers = ["cpu", "memory", "pids"]
    static let periodMicroseconds = 100_000
    /// Threads of a worker: its own and its engine's, and for each core those of the libraries that it brings.
    static let threadsLeast = 128
    static let threadsPerCore = 32
    /// Page tables, stacks and the files of its scratch folder count too; the watchdog is the exact limit.
    static let headroomBytes = 512 * 1_048_576

    /// Why there are none.
    public struct Unavailable: Error, Equatable, Sendable {
        public let why: String
    }

    private let folder: String
    private let number = Atomic<Int>(0)

    /// Makes the site's and the workers' groups below a folder of a cgroup file system.
    /// - Parameter folder: the group that this process is in; found by `ownFolder()`.
    public init(folder: String) throws(Unavailable) {
        try Self.check(folder)
        let own = "\(folder)/\(Self.ownName)"
        try Self.make(own)
        try Self.write("\(getpid())", to: "\(own)/cgroup.procs")
        let handed = Self.controllers.map { "+\($0)" }.joined(separator: " ")
        do throws(Unavailable) {
            try Self.write(handed, to: "\(folder)/cgroup.subtree_control")
            self.folder = "\(folder)/\(Self.workersName)"
            try Self.make(self.folder)
            try Self.write(handed, to: "\(self.folder)/cgroup.subtree_control")
        } catch {
            // Back to where it was: another process lives there, and the kernel hands nothing on.
            try? Self.write("\(getpid())", to: "\(folder)/cgroup.procs")
            _ = rmdir(own)
            throw error
        }
    }

    /// The folder of the group that this process is in.
    public static func ownFolder() throws(Unavailable) -> String {
        let groups = read("/proc/self/cgroup") ?? ""
        guard let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
            throw Unavailable(why: "this kernel has no cgroup v2")
        }
        // Fields before " - " are of fixed places; the fifth is where it is mounted.
        for mount in (read("/proc/self/mountinfo") ?? "").split(separator: "\n") {
            let halves = mount.split(separator: " - ", maxSplits: 1)
            guard halves.count == 2, halves[1].hasPrefix("cgroup2 ") else { continue }
            let fields = halves[0].split(separator: " ")
            guard fields.count > 4 else { continue }
            let path = line.dropFirst(3) == "/" ? "" : String(line.dropFirst(3))
            return String(fields[4]) + path
        }
        throw Unavailable(why: "cgroup v2 is not mounted")
    }

    /// Whether groups could be made below a folder; changes nothing.
    public static func check(_ folder: String) throws(Unavailable) {
        guard let text = read("\(folder)/cgroup.controllers") else {
            throw Unavailable(why: "\(folder) is no cgroup")
        }
        let there = text.split(whereSeparator: \.isWhitespace).map(String.init)
        let missing = controllers.filter { !there.contains($0) }
        guard missing.isEmpty else {
            throw Unavailable(why: "the cgroup \(folder) has no \(missing.joined(separator: ", ")) controller")
        }
        guard access(folder, W_OK) == 0, access("\(folder)/cgroup.subtree_control", W_OK) == 0 else {
            throw Unavailable(why: "the cgroup \(folder) was not handed to the site's user")
        }
    }

    // MARK: Groups of workers

    /// A group for one worker, with its limits; nil when it could not be made: the worker's own limits hold then.
    func group(cores: Int, memoryBytes: Int) -> WorkerCgroup? {
        let path = "\(folder)/\(getpid())-\(number.add(1, ordering: .relaxed).newValue)"
        do throws(Unavailable) {
            try Self.make(path)
            try Self.write("\(memoryBytes + Self.headroomBytes)", to: "\(path)/memory.max")
            try Self.write("1", to: "\(path)/memory.oom.group")
            try Self.write("\(cores * Self.periodMicroseconds) \(Self.periodMicroseconds)", to: "\(path)/cpu.max")
            try Self.write("\(Self.threadsLeast + cores * Self.threadsPerCore)", to: "\(path)/pids.max")
        } catch {
            _ = rmdir(path)
            return nil
        }
        // A kernel without swap accounting has no such file.
        try? Self.write("0", to: "\(path)/memory.swap.max")
        return WorkerCgroup(path: path)
    }

    // MARK: Files

    private static func make(_ path: String) throws(Unavailable) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw Unavailable(why: "the cgroup \(path) could not be made: \(String(cString: strerror(errno)))")
        }
    }

    private static func write(_ text: String, to path: String) throws(Unavailable) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC)
        let written = descriptor < 0 ? -1 : Glibc.write(descriptor, text, text.utf8.count)
        let reason = String(cString: strerror(errno))
        if descriptor >= 0 { _ = close(descriptor) }
        guard written == text.utf8.count else { throw Unavailable(why: "\(path) could not be written: \(reason)") }
    }

    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[0..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The group of one worker; removed when this value goes, which is after the worker has gone.
final class WorkerCgroup: Sendable {
    let path: String
    /// Who writes here is in the group; -1 when it cannot be opened.
    let processes: Int32

    init(path: String) {
        self.path = path
        processes = open("\(path)/cgroup.procs", O_WRONLY | O_CLOEXEC)
    }

    /// Whether the kernel ended something in it for the memory that it took.
    var isOutOfMemory: Bool {
        let events = WorkerCgroups.read("\(path)/memory.events") ?? ""
        return events.split(separator: "\n").contains { $0.hasPrefix("oom_kill ") && $0 != "oom_kill 0" }
    }

    deinit {
        if processes >= 0 { _ = close(processes) }
        _ = rmdir(path)
    }
}
