import Foundation
import Synchronization

/// The most memory that a process and all below it have at once, pages that several share counted once: the sum of their
/// proportional set sizes (proc(5), smaps_rollup).
final class MemoryWatch: Sendable {
    static let lookMilliseconds: UInt32 = 50

    private struct State {
        var peakKilobytes = 0.0
        var isOver = false
    }

    private let state = Mutex(State())

    init(of root: Int32) {
        Thread.detachNewThread { [self] in
            while !state.withLock(\.isOver) {
                let now = Self.kilobytes(of: root)
                state.withLock { $0.peakKilobytes = max($0.peakKilobytes, now) }
                usleep(Self.lookMilliseconds * 1000)
            }
        }
    }

    /// Ends the watch.
    /// - Returns: megabytes
    func end() -> Double {
        state.withLock { state in
            state.isOver = true
            return state.peakKilobytes / 1024
        }
    }

    private static func kilobytes(of root: Int32) -> Double {
        var parents: [Int32: Int32] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = Int32(name),
                let line = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let parent = line.split(separator: ")").last?.split(separator: " ").dropFirst().first
            else { continue }
            parents[process] = Int32(parent)
        }
        func isBelow(_ process: Int32) -> Bool {
            var next: Int32? = process
            while let here = next, here > 1 {
                if here == root { return true }
                next = parents[here]
            }
            return false
        }
        return parents.keys.filter(isBelow).reduce(0) { $0 + proportional($1) }
    }

    /// 0 for a process that has ended meanwhile.
    private static func proportional(_ process: Int32) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Pss:") })
        else { return 0 }
        return line.split(separator: " ").compactMap { Double($0) }.first ?? 0
    }
}
