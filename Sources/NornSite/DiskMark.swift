import Foundation
import Glibc
import Synchronization

/// Watches the disk of the home: below a mark nothing new begins, from a higher one on it does again. What runs goes on.
final class DiskMark: Sendable {
    private let folder: String
    private let settings: SiteSettings.Disk
    private let measure: @Sendable (String) -> Int64?
    private let state = Mutex<Int64?>(nil)

    /// - Parameter measure: the free bytes of a folder's disk; nil when nobody knows.
    init(
        folder: String, settings: SiteSettings.Disk,
        measure: @escaping @Sendable (String) -> Int64? = DiskMark.freeBytes
    ) {
        self.folder = folder
        self.settings = settings
        self.measure = measure
    }

    /// What a user without special rights may still write there.
    static func freeBytes(_ folder: String) -> Int64? {
        var values = statvfs()
        guard statvfs(folder, &values) == 0 else { return nil }
        return Int64(values.f_bavail) * Int64(values.f_frsize)
    }

    /// Measures; answers whether new work may begin, when that changed.
    func look() -> Bool? {
        guard settings.lowMegabytes > 0, let free = measure(folder) else { return nil }
        return state.withLock { low -> Bool? in
            let mark = low == nil ? settings.lowMegabytes : settings.resumeMegabytes
            let isLow = free / 1_048_576 < Int64(mark)
            let wasLow = low != nil
            low = isLow ? free : nil
            return isLow == wasLow ? nil : !isLow
        }
    }

    /// Why nothing new begins; nil while it does.
    var why: String? {
        state.withLock { $0 }.map {
            "\($0 / 1_048_576) MiB are free on the disk of the home, and the mark is \(settings.lowMegabytes) MiB"
        }
    }

    /// Refuses new work below the mark. Looks first: a disk fills fast.
    func requireRoom() throws {
        _ = look()
        guard let why else { return }
        throw SiteError(
            "low_disk", "The site takes nothing new: \(why)", hint: "Make room, or set disk.low_megabytes lower")
    }

    /// Looks from time to time until the task is cancelled, and tells of changes.
    func watch(_ changed: @Sendable (_ isOpen: Bool, _ why: String) -> Void) async {
        var toldOpen = true
        while !Task.isCancelled {
            _ = look()
            // Requests look too: what was told last counts, not what changed just now.
            let why = why
            if toldOpen != (why == nil) {
                toldOpen = why == nil
                changed(toldOpen, why ?? "")
            }
            try? await Task.sleep(for: .seconds(settings.checkSeconds))
        }
    }
}
