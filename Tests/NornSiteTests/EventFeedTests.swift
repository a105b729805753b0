import NornSite
import Synchronization
import Testing

@Suite struct EventFeedTests {
    /// Each change once went through one more layer of wrapping around the watcher: in time the stack was not enough.
    @Test func aMillionChangesCostTheWatcherNoMoreThanTheFirst() {
        let feed = EventFeed()
        let count = Atomic<Int>(0)
        feed.onChange { _ in count.wrappingAdd(1, ordering: .relaxed) }
        for _ in 0..<1_000_000 { feed.changed(CollectionOfOne("j")) }
        #expect(count.load(ordering: .relaxed) == 1_000_000)
    }

    @Test func aFollowerIsWokenByItsJobAloneAndHearsTheEnd() async {
        let feed = EventFeed()
        let wakes = feed.wakes(of: "j")
        feed.changed(["k"])
        feed.changed(["j"])
        feed.changed(["j"])
        feed.close()
        var woken = 0
        for await _ in wakes { woken += 1 }
        #expect(woken == 1)
    }
}
