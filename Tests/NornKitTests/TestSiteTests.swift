import Foundation
import Glibc
import NornKit
import Testing

@testable import NornTestHost

/// The test host's own site, at the ends of its channels.
@Suite struct TestSiteTests {
    private let scratch: ScratchFolder
    private let guest = Party(.guest, "1")
    private let host = Party(.host, "2")

    init() throws { scratch = try ScratchFolder() }

    private func pair(_ party: Party) throws -> (attempt: TestAttempt, end: TestChannel) {
        let folder = try scratch.folder(party.id)
        let (channel, end) = try TestChannel.pair(scratch: folder)
        return (TestAttempt(party: party, channel: channel), TestChannel(descriptor: end, scratch: folder))
    }

    @Test func whatAnAttemptToldIsHeardThoughItLeftSomethingUnread() throws {
        let (attempt, end) = try pair(guest)
        try attempt.channel.send(["do": "cancel", "reason": 1])
        try end.send(["call": "end", "status": 3, "error": ["message": "enough"]])
        close(end.descriptor)
        let served = try TestSite([attempt], control: RunControl()).serve(timeoutMilliseconds: 30_000)
        #expect(served.reports[guest]?.outcome?.message == "enough")
    }

    @Test func anAttemptThatEndsWithoutAWordEndsTheOthers() throws {
        let (silent, end) = try pair(guest)
        let (other, otherEnd) = try pair(host)
        close(end.descriptor)
        try otherEnd.send(["call": "post", "id": 1, "name": "n", "tag": "t", "role": "guest", "party": "1"])
        try otherEnd.send(["call": "take", "id": 2, "ticket": 1])
        let listener = Listener(otherEnd)
        let served = try TestSite([silent, other], control: RunControl()).serve(timeoutMilliseconds: 30_000)
        #expect(!served.isTimeUp)
        #expect(listener.heard() == "cancel")
    }

    /// Which of several parties refuses first is chance.
    @Test func oneThatDoesNotWaitGetsToSayItsOwnError() throws {
        let (first, firstEnd) = try pair(guest)
        let (second, secondEnd) = try pair(host)
        try firstEnd.send(["call": "end", "status": 3, "error": ["message": "first"]])
        close(firstEnd.descriptor)
        let later = Thread {
            usleep(50_000)
            try? secondEnd.send(["call": "end", "status": 3, "error": ["message": "second"]])
            close(secondEnd.descriptor)
        }
        later.start()
        let served = try TestSite([first, second], control: RunControl()).serve(timeoutMilliseconds: 30_000)
        #expect(served.reports[guest]?.outcome?.message == "first")
        #expect(served.reports[host]?.outcome?.message == "second")
    }

    /// Answered later, the answer would go to whichever channel has the number by then.
    @Test func whatAnAttemptWaitedForGoesWithIt() throws {
        let (attempt, end) = try pair(guest)
        try end.send(["call": "post", "id": 1, "name": "n", "tag": "t", "role": "guest", "party": "1"])
        try end.send(["call": "wait", "id": 2, "tickets": [1], "mode": 2, "timeout_milliseconds": 60_000])
        try end.send(["call": "take", "id": 3, "ticket": 1])
        close(end.descriptor)
        let site = TestSite([attempt], control: RunControl())
        _ = try site.serve(timeoutMilliseconds: 30_000)
        #expect(site.unansweredCount == 0)
    }
}

/// Reads one order on a thread of its own, and closes the channel then.
private final class Listener: @unchecked Sendable {
    // Sendable: `order` is written before the thread ends and read after it was joined.
    private let channel: TestChannel
    private var order: String?
    private var thread = pthread_t()

    init(_ channel: TestChannel) {
        self.channel = channel
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                let listener = Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue()
                while listener.order == nil, let packet = (try? listener.channel.receive())?.packet {
                    listener.order = packet["do"]?.text
                }
                close(listener.channel.descriptor)
                return nil
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func heard() -> String? {
        pthread_join(thread, nil)
        return order
    }
}
