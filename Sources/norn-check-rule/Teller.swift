import Glibc
import NornConformance

/// Tells the kit what this process is at, so that a crash or a hang says where it was.
struct Teller: Sendable {
    private static let descriptor: Int32 = 3

    let rule: Int

    func at(_ place: String) { write(RuleReport.line(at: place)) }

    /// The result is told, and the process ends at once: what a plugin has at exit is not asked for.
    func end(with result: RuleResult) -> Never {
        write(RuleReport.line(result))
        _exit(0)
    }

    func fail(_ failure: String) -> Never { end(with: .failed(rule, failure)) }

    private func write(_ line: String) {
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(Self.descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
