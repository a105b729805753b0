import Foundation
import NornFlow

/// What the machine has, and what of it this site lends.
enum MachineResources {
    /// Of the machine's memory, when the settings name no amount.
    static let memoryShare = 0.8

    static func cores() -> Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    static func memoryBytes() -> Int64 { Int64(ProcessInfo.processInfo.physicalMemory) }

    static func lent(_ settings: SiteSettings.Resources) -> Resources {
        Resources(
            cores: (settings.cores > 0 ? settings.cores : cores()) * settings.attemptsPerCore,
            memoryBytes: settings.memoryMegabytes > 0
                ? Int64(settings.memoryMegabytes) * 1_048_576 : Int64(Double(memoryBytes()) * memoryShare),
            workingNodes: settings.attemptsAtOnce)
    }
}
