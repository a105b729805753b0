import NornKit
import Synchronization

/// The parties of a run while it runs: to cancel one of them, as its site would.
public final class RunControl: Sendable {
    private let channels = Mutex<[Party: TestChannel]>([:])

    public init() {}

    /// Tells the party's attempt to end; nothing happens when it has ended already.
    public func cancel(_ party: Party) {
        // Sent under the lock: a channel that was closed meanwhile may be another file by now.
        channels.withLock { channels in
            do { try channels[party]?.send(["do": "cancel", "reason": 1]) } catch {
                // Sending a packet without a payload makes no file, and so throws nothing.
                preconditionFailure("\(error)")
            }
        }
    }

    func attach(_ party: Party, _ channel: TestChannel) { channels.withLock { $0[party] = channel } }
    func detach(_ party: Party) { channels.withLock { $0[party] = nil } }
}
