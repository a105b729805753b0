import Foundation

/// What is kept of a run that failed, for whoever looks for the defect.
enum ChaosReport {
    /// Writes jobs, event logs and server logs into a folder below the build folder, and gives its path.
    static func write(_ federation: FaultFederation, seed: UInt64, jobs: [String]) -> String {
        let folder = FaultTree.root.appending(path: ".build/faults/seed-\(seed)").path
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for site in federation.sites {
            _ = try? Spawn.run(["cp", site.log, "\(folder)/\(site.plan.name).log"])
            for job in jobs {
                let shown = (try? site.job(job))?.map(\.object) ?? [:]
                let events = (try? site.events(of: job)) ?? []
                let data = try? JSONSerialization.data(
                    withJSONObject: ["job": shown, "events": events], options: [.prettyPrinted, .sortedKeys])
                try? data?.write(to: URL(filePath: "\(folder)/\(job)-\(site.plan.name).json"))
            }
        }
        _ = try? Spawn.run(["cp", federation.marksFolder + "/marks", folder + "/marks"])
        return folder
    }
}
