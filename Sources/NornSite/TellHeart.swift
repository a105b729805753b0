import Synchronization

/// The way back to the heart's driver, for those that are made before it.
final class TellHeart: Sendable {
    private let tell = Mutex<(@Sendable (HeartDriver.Input) -> Void)?>(nil)

    func set(_ tell: @escaping @Sendable (HeartDriver.Input) -> Void) {
        self.tell.withLock { $0 = tell }
    }

    func put(_ input: HeartDriver.Input) {
        tell.withLock { $0 }?(input)
    }
}
