import Foundation
import NornABI

/// Looks at a run from a thread of its own, since a component that hangs never comes back: it ends the process with a
/// failure that says so.
final class RunGuard: Sendable {
    private static let lookSeconds = 0.02

    private let isOver = NSLock()

    /// - Parameter look: a failure, as soon as there is one; nil as long as all is well
    init(_ teller: Teller, look: @escaping @Sendable () -> String?) {
        isOver.lock()
        let thread = Thread { [isOver] in
            while !isOver.try() {
                if let failure = look() { teller.fail(failure) }
                Thread.sleep(forTimeInterval: Self.lookSeconds)
            }
            isOver.unlock()
        }
        thread.start()
    }

    /// The run is over; the guard looks no more.
    func end() { isOver.unlock() }
}
