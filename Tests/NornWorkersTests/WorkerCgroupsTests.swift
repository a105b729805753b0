import Foundation
import Testing

@testable import NornWorkers

/// What is written into a cgroup file system, on a folder that stands for one.
@Suite struct WorkerCgroupsTests {
    private static func folder(controllers: String = "cpuset cpu io memory pids\n") throws -> String {
        let path = FileManager.default.temporaryDirectory.appending(path: "norn-cgroup-\(UUID().uuidString)").path
        for folder in ["", "/norn-site", "/norn-workers"] {
            try FileManager.default.createDirectory(atPath: path + folder, withIntermediateDirectories: true)
            for file in ["cgroup.procs", "cgroup.subtree_control"] {
                try Data().write(to: URL(filePath: "\(path)\(folder)/\(file)"))
            }
        }
        try Data(controllers.utf8).write(to: URL(filePath: "\(path)/cgroup.controllers"))
        return path
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test func theSiteMovesAsideAndHandsItsControllersOn() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try WorkerCgroups(folder: folder)
        #expect(try Self.text("\(folder)/norn-site/cgroup.procs") == "\(getpid())")
        for group in [folder, "\(folder)/norn-workers"] {
            #expect(try Self.text("\(group)/cgroup.subtree_control") == "+cpu +memory +pids")
        }
    }

    @Test func whatIsMissingIsNamed() throws {
        let folder = try Self.folder(controllers: "cpu pids\n")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let why = #expect(throws: WorkerCgroups.Unavailable.self) { try WorkerCgroups(folder: folder) }
        #expect(why?.why == "the cgroup \(folder) has no memory controller")
        #expect(try Self.text("\(folder)/norn-site/cgroup.procs").isEmpty)
        let none = #expect(throws: WorkerCgroups.Unavailable.self) { try WorkerCgroups.check("/nowhere") }
        #expect(none?.why == "/nowhere is no cgroup")
    }

    /// A group whose limits cannot be set is none: a plain folder takes no files that are not there.
    @Test func aGroupWithoutItsFilesIsNotUsed() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let groups = try WorkerCgroups(folder: folder)
        let isMade = groups.group(cores: 2, memoryBytes: 1 << 30) != nil
        #expect(!isMade)
        let left = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/norn-workers")
        #expect(left.sorted() == ["cgroup.procs", "cgroup.subtree_control"])
    }

    @Test func aGroupTellsThatItsMemoryWasUsedUp() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "norn-cgroup-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let group = WorkerCgroup(path: path)
        #expect(!group.isOutOfMemory)
        for (kills, isOutOfMemory) in [(0, false), (1, true)] {
            let events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill \(kills)\noom_group_kill 0\n"
            try Data(events.utf8).write(to: URL(filePath: "\(path)/memory.events"))
            #expect(group.isOutOfMemory == isOutOfMemory)
        }
    }
}
