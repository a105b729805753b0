import Synchronization

/// The way back to the heart's driver, for those that are made before it.
final class TellHeart: Sendable {
    private let tell = Mutex<(@Sendable (HeartDriver.Input, AttemptNote?) -> Void)?>(nil)

    func set(_ tell: @escaping @Sendable (HeartDriver.Input, AttemptNote?) -> Void) {
        self.tell.withLock { $0 = tell }
    }

    func put(_ input: HeartDriver.Input, note: AttemptNote? = nil) {
        tell.withLock { $0 }?(input, note)
    }
}
