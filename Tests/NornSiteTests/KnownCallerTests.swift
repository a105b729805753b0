import Crypto
import Foundation
import NornStore
import Testing

@testable import NornSite

@Suite struct KnownCallerTests {
    private let digest = SHA256.hash(data: Data("a secret".utf8))
    private let ada = Caller(submitter: "ada", parties: ["9999"], rights: [.read])
    private let bob = Caller(submitter: "bob", parties: ["9999"], rights: [.read])

    private func digest(_ number: Int) -> SHA256.Digest { SHA256.hash(data: Data("secret \(number)".utf8)) }

    @Test func whoWasLookedUpAMomentAgoIsKnown() async throws {
        let known = KnownCallers()
        var lookUps = 0
        // On the busiest machine not each of them is a moment after the other.
        for _ in 0..<100 {
            let caller = try await known.caller(digest) {
                lookUps += 1
                return ada
            }
            #expect(caller == ada)
        }
        #expect(lookUps < 100)
        let other = try await known.caller(digest(1)) { bob }
        #expect(other == bob)
    }

    @Test func whoIsKnownIsLookedUpAgainWhenTheMomentIsOver() async throws {
        let known = KnownCallers()
        _ = try await known.caller(digest) { ada }
        try await Task.sleep(for: .milliseconds(KnownCallers.milliseconds + 10))
        #expect(try await known.caller(digest) { nil } == nil)
    }

    @Test func nobodyIsNotRemembered() async throws {
        let known = KnownCallers()
        #expect(try await known.caller(digest) { nil } == nil)
        #expect(try await known.caller(digest) { ada } == ada)
    }

    @Test func aRevocationTakesKnownCallersOutAtOnce() async throws {
        let known = KnownCallers()
        _ = try await known.caller(digest) { ada }
        known.forgetAll()
        #expect(try await known.caller(digest) { nil } == nil)
    }

    /// Its token may have been the one that was taken back.
    @Test func whoWasLookedUpBeforeARevocationIsNotKeptAfterIt() async throws {
        let known = KnownCallers()
        let caller = try await known.caller(digest) {
            known.forgetAll()
            return ada
        }
        #expect(caller == ada)
        #expect(try await known.caller(digest) { nil } == nil)
    }

    @Test func aStoreThatDoesNotAnswerIsNotTakenForNobody() async throws {
        struct Away: Error {}
        let known = KnownCallers()
        await #expect(throws: Away.self) { _ = try await known.caller(digest) { throw Away() } }
        #expect(try await known.caller(digest) { ada } == ada)
    }

    @Test func theyAreBounded() async throws {
        let known = KnownCallers()
        for number in 0...KnownCallers.callersMaximum { _ = try await known.caller(digest(number)) { ada } }
        #expect(try await known.caller(digest(0)) { bob } == bob)
    }

    /// The same by way of the tokens that the site gives and takes back.
    @Test func aTokenThatWasTakenBackIsNobodysAtOnce() async throws {
        let office = TokenOffice(store: try SQLiteStore.inMemory())
        let first = try await office.create(submitter: "ada", parties: nil, rights: [.read], by: .site)
        let other = try await office.create(submitter: "bob", parties: nil, rights: [.read], by: .site)
        let secret = try #require(first.secret)
        #expect(try await office.caller(secret: secret)?.submitter == "ada")
        try await office.revoke(first.id)
        #expect(try await office.caller(secret: secret) == nil)
        #expect(try await office.caller(secret: try #require(other.secret))?.submitter == "bob")
        let local = try await office.createLocal()
        #expect(try await office.caller(secret: local)?.submitter == "local")
        let next = try await office.createLocal()
        #expect(try await office.caller(secret: local) == nil)
        #expect(try await office.caller(secret: next)?.submitter == "local")
    }
}
