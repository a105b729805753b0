import Crypto
import Foundation
import NornStore
import Testing

@testable import NornSite

@Suite struct ClientSignatureTests {
    private static let now: Int64 = 1_795_780_800_000

    private struct Client {
        var signatures: ClientSignatures
        var key: String
        var secret: String

        func call(
            nonce: String = "n1", time: Int64 = now, target: String = "/v1/job/query", body: String = "{\"a\": 1}"
        ) -> SignedCall {
            let text = ["\(time)", nonce, key, target, body, ""].joined(separator: "\n")
            let code = HMAC<Insecure.SHA1>.authenticationCode(
                for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
            return SignedCall(
                timestamp: "\(time)", nonce: nonce, appKey: key, signature: Data(code).base64EncodedString(),
                target: target, bodies: [Array(body.utf8)], form: "")
        }

        func accepts(_ call: SignedCall, now: Int64 = ClientSignatureTests.now) async -> Bool {
            (try? await signatures.caller(of: call, now: now)) != nil
        }
    }

    private static func client() async throws -> Client {
        let office = TokenOffice(store: try SQLiteStore.inMemory())
        let token = try await office.create(submitter: "ada", parties: ["9999"], rights: [.read], by: .site)
        return Client(
            signatures: ClientSignatures(tokens: office, since: now - 30_000), key: token.id,
            secret: try #require(token.signingSecret))
    }

    @Test func aSignedCallIsOfTheTokensHolder() async throws {
        let client = try await Self.client()
        let caller = try await client.signatures.caller(of: client.call(), now: Self.now)
        #expect(caller == Caller(submitter: "ada", parties: ["9999"], rights: [.read]))
    }

    @Test func aReplayIsRefusedAndAnotherNonceIsNot() async throws {
        let client = try await Self.client()
        #expect(await client.accepts(client.call()))
        #expect(await !client.accepts(client.call()))
        #expect(await !client.accepts(client.call(), now: Self.now + 59_000))
        #expect(await !client.accepts(client.call(), now: Self.now + 61_000))
        #expect(await client.accepts(client.call(nonce: "n2")))
    }

    @Test func whatWasSignedOtherwiseIsRefused() async throws {
        let client = try await Self.client()
        for change in [
            { $0.target = "/v1/job/stop" }, { $0.bodies = [Array("{\"a\": 2}".utf8)] }, { $0.nonce = "other" },
            { $0.timestamp = "\(Self.now + 1)" }, { $0.appKey = "none" }, { $0.signature = "none" },
            { $0.signature = "" },
            { $0.form = "a=1" },
        ] as [(inout SignedCall) -> Void] {
            var call = client.call()
            change(&call)
            #expect(await !client.accepts(call))
        }
        #expect(await client.accepts(client.call()), "a refused call takes no nonce")
    }

    @Test(arguments: [(-60_001, false), (-29_000, true), (-31_000, false), (60_000, true), (60_001, false)])
    func clocksMayDifferByAMinuteAndNothingIsOlderThanTheSite(difference: Int64, isTaken: Bool) async throws {
        let client = try await Self.client()
        #expect(await client.accepts(client.call(time: Self.now + difference)) == isTaken)
    }

    @Test func thePythonClientsOwnVectorHolds() async throws {
        // Computed with Python's hmac over the lines that fate-client 1.11.3 joins.
        let body = Array("{\"job_id\": \"1\"}".utf8)
        let lines = ["1795780800000", "0c9", "app", "/v1/job/query"].map { Array($0.utf8) } + [body, []]
        let code = HMAC<Insecure.SHA1>.authenticationCode(
            for: Data(lines.joined(separator: [10])), using: SymmetricKey(data: Data("secret".utf8)))
        #expect(Data(code).base64EncodedString() == "toIAFdYfPecTzx5H8gyp+HXjkPQ=")
    }

    @Test func noncesAreForgottenWhenTheirCallsAreTooOld() {
        var nonces = UsedNonces()
        let claims = [(100, 0), (100, 100), (9_000, 6_000)].map { nonces.claim("a", until: $0.0, now: $0.1) }
        #expect(claims == [true, false, true])
    }
}
