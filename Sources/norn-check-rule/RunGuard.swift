import Foundation
import Synchronization

/// Looks at a run from a thread of its own, since a component that hangs never comes back: it ends the process with a
/// failure that says so.
final class RunGuard: Sendable {
    private static let lookSeconds = 0.02

    private let isOver = Mutex(false)

    /// - Parameter look: a failure, as soon as there is one; nil as long as all is well
    init(_ teller: Teller, look: @escaping @Sendable () -> String?) {
        let thread = Thread { [self] in
            while !isOver.withLock({ $0 }) {
                if let failure = look() { teller.fail(failure) }
                Thread.sleep(forTimeInterval: Self.lookSeconds)
            }
        }
        thread.start()
    }

    /// The run is over; the guard looks no more.
    func end() { isOver.withLock { $0 = true } }
}
