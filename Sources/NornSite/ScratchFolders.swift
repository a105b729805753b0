import Foundation
import NornManifest
import Synchronization

/// The folders in which attempts work. One that an attempt leaves is emptied, kept aside and moved to where the next
/// attempt needs it: a file system that makes and removes a folder for each attempt of a busy site spends more time on
/// that than on the attempts' own files.
final class ScratchFolders: Sendable {
    /// Empty folders that are kept.
    static let freeMaximum = 256

    private struct State {
        var free: [URL] = []
        var kept = 0
    }

    private let root: URL
    /// Tells the folders of this run from those of another scheduler of the same home.
    private let run = FreshID.hexadecimal(bytes: 4)
    private let state = Mutex(State())

    init(home: SiteHome) { root = home.scratch }

    /// Puts an empty folder, which only its owner may enter, at a place where there is none. Leave it when no process
    /// uses it any more.
    func make(_ folder: URL) throws {
        if let free = state.withLock({ $0.free.popLast() }) {
            if rename(free.path, folder.path) == 0 { return }
            try? FileManager.default.removeItem(at: free)
        }
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// Takes a folder away with what is in it. One that cannot be emptied, or is not as it was made, is not used again.
    func leave(_ folder: URL) {
        let files = FileManager.default
        let isEmpty =
            (try? files.attributesOfItem(atPath: folder.path))?[.posixPermissions] as? Int == 0o700
            && (try? files.contentsOfDirectory(atPath: folder.path))?
                .allSatisfy { (try? files.removeItem(at: folder.appending(path: $0))) != nil } == true
        if !isEmpty || !keep(folder) { try? files.removeItem(at: folder) }
    }

    private func keep(_ folder: URL) -> Bool {
        let place = state.withLock { state -> URL? in
            guard state.free.count < Self.freeMaximum else { return nil }
            state.kept += 1
            return root.appending(path: "\(run)-\(state.kept)")
        }
        guard let place, rename(folder.path, place.path) == 0 else { return false }
        state.withLock { $0.free.append(place) }
        return true
    }
}
