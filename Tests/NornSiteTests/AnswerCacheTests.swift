import Foundation
import Testing

@testable import NornSite

@Suite struct AnswerCacheTests {
    private static let longerThanLive = Duration.milliseconds(AnswerCache.liveMilliseconds + 10)

    private func key(_ job: String = "1", _ choice: String = "detail", parties: [String] = []) -> AnswerCache.Key {
        AnswerCache.Key(job: job, choice: choice, parties: parties)
    }

    /// What the cache answers when it would be made as `text`.
    private func answer(
        _ cache: AnswerCache, _ key: AnswerCache.Key, made text: String, isFinal: Bool = true
    ) async throws -> String {
        let bytes = try await cache.answer(key) { AnswerCache.Answer(bytes: Data(text.utf8), isFinal: isFinal) }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aFinalAnswerStandsUntilItsJobChanges() async throws {
        let cache = AnswerCache()
        #expect(try await answer(cache, key(), made: "first") == "first")
        try await Task.sleep(for: Self.longerThanLive)
        #expect(try await answer(cache, key(), made: "second") == "first")
        cache.forget("2")
        #expect(try await answer(cache, key(), made: "third") == "first")
        cache.forget("1")
        #expect(try await answer(cache, key(), made: "fourth") == "fourth")
    }

    @Test func anAnswerAboutALiveJobStandsForAMomentOnly() async throws {
        let cache = AnswerCache()
        #expect(try await answer(cache, key(), made: "first", isFinal: false) == "first")
        try await Task.sleep(for: Self.longerThanLive)
        #expect(try await answer(cache, key(), made: "second", isFinal: false) == "second")
    }

    @Test func eachQuestionAndEachSetOfPartiesHasAnAnswerOfItsOwn() async throws {
        let cache = AnswerCache()
        _ = try await answer(cache, key(), made: "everything")
        #expect(try await answer(cache, key("1", "events"), made: "events") == "events")
        #expect(try await answer(cache, key(parties: ["9999"]), made: "the guest's") == "the guest's")
        #expect(try await answer(cache, key(parties: ["10000"]), made: "the host's") == "the host's")
        #expect(try await answer(cache, key("2"), made: "another job") == "another job")
        #expect(try await answer(cache, key(), made: "new") == "everything")
        cache.forget("1")
        #expect(try await answer(cache, key(parties: ["9999"]), made: "new") == "new")
        #expect(try await answer(cache, key("2"), made: "new") == "another job")
    }

    /// It may tell how the job was before the change.
    @Test func anAnswerThatWasMadeWhileItsJobChangedIsNotKept() async throws {
        let cache = AnswerCache()
        let old = try await cache.answer(key()) {
            cache.forget("1")
            return AnswerCache.Answer(bytes: Data("old".utf8), isFinal: true)
        }
        #expect(old == Data("old".utf8))
        #expect(try await answer(cache, key(), made: "new") == "new")
        let other = try await cache.answer(key("2")) {
            cache.forget("1")
            return AnswerCache.Answer(bytes: Data("kept".utf8), isFinal: true)
        }
        #expect(other == Data("kept".utf8))
        #expect(try await answer(cache, key("2"), made: "new") == "kept")
    }

    /// So many changes meanwhile that it is no longer known whether one was the job's.
    @Test func anAnswerThatOutlastsTheMemoryOfChangesIsNotKept() async throws {
        let cache = AnswerCache()
        _ = try await cache.answer(key()) {
            cache.forget("1")
            for number in 0...AnswerCache.changesMaximum { cache.forget("other \(number)") }
            return AnswerCache.Answer(bytes: Data("old".utf8), isFinal: true)
        }
        #expect(try await answer(cache, key(), made: "new") == "new")
    }

    @Test func anAnswerThatCouldNotBeMadeIsAskedForAgain() async throws {
        struct Away: Error {}
        let cache = AnswerCache()
        await #expect(throws: Away.self) { _ = try await cache.answer(key()) { throw Away() } }
        #expect(try await answer(cache, key(), made: "there") == "there")
    }

    @Test func theCacheIsBounded() async throws {
        let cache = AnswerCache()
        let large = String(repeating: "x", count: AnswerCache.bytesOfAnswerMaximum + 1)
        _ = try await answer(cache, key("large"), made: large)
        #expect(try await answer(cache, key("large"), made: "made again") == "made again")
        // The large one was not kept: with it in place there would be one more.
        for number in 1..<AnswerCache.answersMaximum { _ = try await answer(cache, key("\(number)"), made: "old") }
        #expect(try await answer(cache, key("1"), made: "new") == "old")
        _ = try await answer(cache, key("one more"), made: "old")
        #expect(try await answer(cache, key("1"), made: "new") == "new")
        #expect(try await answer(cache, key("one more"), made: "new") == "old")
    }
}
