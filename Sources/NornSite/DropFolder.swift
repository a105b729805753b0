import Foundation
import Logging
import NornLinux
import NornRegistry

/// A folder whose bundles are installed. A bundle is copied under another name and then renamed to end in
/// `.nornplugin`: the rename is what is waited for. One that has no end yet is left alone, however it came.
struct DropFolder: Sendable {
    /// Network filesystems tell of no renames, and a site that was down missed them.
    static let lookSeconds = 60
    static let refusedEnding = ".refused"
    static let caller = Caller(submitter: "drop folder", parties: [], rights: [.admin])

    let folder: URL
    let plugins: PluginService
    let logger: Logger

    /// Installs what comes, until the task is cancelled.
    func run() async {
        for await _ in signs() { await look() }
    }

    /// One for each time that it is worth looking: after a rename, and from time to time.
    private func signs() -> AsyncStream<Void> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let (watch, wake) = (norn_linux_watch_renames(folder.path), norn_linux_wake_counter())
            guard wake >= 0 else { return continuation.finish() }
            if watch < 0 { logger.notice("renames are not seen at once", metadata: ["folder": "\(folder.path)"]) }
            continuation.onTermination = { _ in
                var one: UInt64 = 1
                _ = write(wake, &one, MemoryLayout<UInt64>.size)
            }
            Thread.detachNewThread {
                // The first sign is for what was renamed in before the watch began.
                repeat {
                    continuation.yield()
                } while norn_linux_await_rename(
                    watch, wake, Int32(Self.lookSeconds * 1000)) == 1
                if watch >= 0 { close(watch) }
                close(wake)
            }
        }
    }

    private func look() async {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names.sorted() where name.hasSuffix(PluginBundle.fileNameEnding) && !name.hasPrefix(".") {
            await take(folder.appending(path: name))
        }
    }

    private func take(_ file: URL) async {
        guard let size = try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize,
            size <= PluginBundle.bytesMaximum, let bytes = FileManager.default.contents(atPath: file.path)
        else { return }
        do throws(BundleError) {
            _ = try PluginBundle(decoding: Array(bytes))
        } catch .incomplete {
            return
        } catch {
            // Installing it says why it is refused, and remembers it.
        }
        do {
            _ = try await plugins.install(Array(bytes), from: file.lastPathComponent, by: Self.caller)
            try? FileManager.default.removeItem(at: file)
        } catch {
            refuse(file, because: "\(error)")
        }
    }

    /// Puts a bundle aside with the reason beside it, so that it is not tried again.
    private func refuse(_ file: URL, because why: String) {
        let aside = file.path + Self.refusedEnding
        try? FileManager.default.removeItem(atPath: aside)
        guard (try? FileManager.default.moveItem(atPath: file.path, toPath: aside)) != nil else {
            return logger.error("a refused bundle cannot be put aside", metadata: ["file": "\(file.path)"])
        }
        try? Data((why + "\n").utf8).write(to: URL(filePath: aside + ".txt"))
    }
}
