import NornFlow
import Synchronization

/// The way back to the heart's driver, for those that are made before it.
final class TellHeart: Sendable {
    private let driver = Mutex<HeartDriver?>(nil)

    func set(_ driver: HeartDriver) { self.driver.withLock { $0 = driver } }

    func put(_ input: HeartDriver.Input, note: AttemptNote? = nil) {
        driver.withLock { $0 }?.put(input, note: note)
    }

    /// See `HeartDriver.workersEnd`.
    func workersEnd(of member: MemberKey) async -> Int? {
        await driver.withLock { $0 }?.workersEnd(of: [member])[member]
    }

    /// See `HeartDriver.putLazily`.
    func putLazily(_ input: HeartDriver.Input, note: AttemptNote? = nil) {
        driver.withLock { $0 }?.putLazily(input, note: note)
    }
}
