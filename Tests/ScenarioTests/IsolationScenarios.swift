import Foundation
import NIOHTTP1
import Testing

/// The fence around a worker as the kernel shows it, and what `norn doctor` says of it.
@Suite(.serialized) struct IsolationScenarios {
    @Test func workersShareANamespaceWithoutAnyNetwork() async throws {
        let site = try await SiteUnderTest()
        let doctor = try await site.norn("doctor")
        for subject in ["landlock:", "seccomp:", "network:", "cgroups:", "user:"] {
            #expect(doctor.output.contains(subject), "\(doctor.output)")
        }
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        let workers = try await site.workers(
            of: job, task: "secure_add_example_0", parties: ["host_10000", "guest_9999"])
        try await Self.fenced(workers.map(\.pid))
        let own = Self.network(of: "self")
        let theirs = workers.map { Self.network(of: "\($0.pid)") }
        if doctor.output.contains("ok    network:") {
            #expect(theirs[0] != own && theirs[0] == theirs[1], "\(own) \(theirs)")
            let interfaces = try String(contentsOfFile: "/proc/\(workers[0].pid)/net/dev", encoding: .utf8)
                .split(separator: "\n").dropFirst(2).map {
                    $0.split(separator: ":")[0].trimmingCharacters(in: .whitespaces)
                }
            #expect(interfaces == ["lo"], "an empty namespace has nothing but a loopback that is down")
        } else {
            #expect(theirs.allSatisfy { $0 == own })
        }
        for worker in workers { try Self.expectLimits(of: worker.pid) }
        #expect(try await site.norn("job", "stop", job).status == 0)
        await site.end()
    }

    /// Waits until the workers have put up their fences: one that is found at once may be on its way to it. The last of
    /// them is the filter of system calls.
    private static func fenced(_ workers: [Int32]) async throws {
        _ = try await eventually("the filter of every worker", seconds: fenceSecondsMaximum) {
            let isUp = try workers.allSatisfy { pid in
                try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).contains("Seccomp:\t2")
            }
            return isUp ? true : nil
        }
    }

    private static let fenceSecondsMaximum = 60.0

    /// A worker of a site that root runs has nothing of root's rights; no core, no large file, no new privileges.
    private static func expectLimits(of pid: Int32) throws {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        for field in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"] {
            #expect(status.contains(field), "\(field) is not in \(status)")
        }
        let limits = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
        for limit in [
            #/Max core file size +0 +0/#, #/Max file size +68719476736 +68719476736/#, #/Max open files +4096/#,
        ] {
            #expect(limits.firstMatch(of: limit) != nil, "\(limits)")
        }
    }

    private static func network(of process: String) -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/ns/net")) ?? ""
    }
}
