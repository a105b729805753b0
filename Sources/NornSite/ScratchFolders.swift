import Foundation
import NornManifest
import Synchronization

/// The folders in which attempts work: made when none is free, emptied and used again. A file system that makes and
/// removes a folder for each attempt of a busy site spends more time on it than on the attempts' own files.
final class ScratchFolders: Sendable {
    /// Empty folders that are kept.
    static let freeMaximum = 256

    private struct State {
        var free: [URL] = []
        var made = 0
    }

    private let root: URL
    /// Tells the folders of this run from those of another scheduler of the same home.
    private let run = FreshID.hexadecimal(bytes: 4)
    private let state = Mutex(State())

    init(home: SiteHome) { root = home.scratch }

    /// An empty folder that only its owner may enter. Give it back when no process uses it any more.
    func take() throws -> URL {
        let (free, number) = state.withLock { state -> (URL?, Int) in
            if let folder = state.free.popLast() { return (folder, 0) }
            state.made += 1
            return (nil, state.made)
        }
        if let free { return free }
        let folder = root.appending(path: "\(run)-\(number)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        return folder
    }

    /// Removes what is in a folder; one that cannot be emptied, or is not as it was made, is not used again.
    func give(_ folder: URL) {
        let files = FileManager.default
        let isSound =
            (try? files.attributesOfItem(atPath: folder.path))?[.posixPermissions] as? Int == 0o700
            && (try? files.contentsOfDirectory(atPath: folder.path))?
                .allSatisfy { (try? files.removeItem(at: folder.appending(path: $0))) != nil } == true
        let isKept = state.withLock { state -> Bool in
            guard isSound, state.free.count < Self.freeMaximum else { return false }
            state.free.append(folder)
            return true
        }
        if !isKept { try? files.removeItem(at: folder) }
    }
}
