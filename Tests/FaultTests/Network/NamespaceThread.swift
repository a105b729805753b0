import Foundation
import Synchronization

/// Runs work on a thread that has entered a network namespace: what it opens stays there.
enum NamespaceThread {
    private final class Outcome<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
    }

    /// - Parameter namespace: nil for the one of the tests.
    static func run<Value: Sendable>(
        in namespace: String?, _ work: @escaping @Sendable () throws -> Value
    ) throws -> Value {
        guard let namespace else { return try work() }
        let outcome = Outcome<Value>()
        Thread.detachNewThread {
            let result = Result { () throws -> Value in
                try enter(namespace)
                return try work()
            }
            outcome.result.withLock { $0 = result }
            outcome.done.signal()
        }
        outcome.done.wait()
        guard let result = outcome.result.withLock({ $0 }) else { throw FaultFailure("a thread gave no result") }
        return try result.get()
    }

    /// setns(2), which Swift's view of the C library leaves out.
    private typealias SetNamespace = @convention(c) (Int32, Int32) -> Int32
    private static let networkKind: Int32 = 0x4000_0000

    private static func enter(_ namespace: String) throws {
        guard let symbol = dlsym(nil, "setns") else { throw FaultFailure("the C library has no setns") }
        let enterNamespace = unsafeBitCast(symbol, to: SetNamespace.self)
        let file = open("/run/netns/\(namespace)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FaultFailure("there is no namespace \(namespace)") }
        defer { close(file) }
        guard enterNamespace(file, networkKind) == 0 else {
            throw FaultFailure("cannot enter \(namespace): \(String(cString: strerror(errno)))")
        }
    }
}
