import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// A token that is taken back also ends what it had opened before.
@Suite(.serialized) struct RevokedTokenScenarios {
    @Test func theEventStreamOfARevokedTokenEndsAndOthersGoOn() async throws {
        let site = try await SiteUnderTest()
        let (dsl, conf) = try CrashScenarios.toy(rows: CrashScenarios.endlessRows)
        let job = try await site.accepted(dsl: dsl, conf: conf)
        let made = try await site.call(.POST, "/api/tokens", json: ["submitter": "ada", "rights": ["read"]])
        let secret = try #require(made.object["secret"] as? String)
        let id = try #require(made.object["id"] as? String)
        var revoked = try await OpenStream(site, job, secret)
        var other = try await OpenStream(site, job, site.token)

        let answer = try await site.call(.DELETE, "/api/tokens/\(id)")
        #expect(answer.status == 200)
        let seen = try await revoked.rest()
        #expect(!seen.contains(OpenStream.end), "the stream says that the job has ended")
        #expect(try await OpenStream.status(site, job, secret) == 401)
        let between = try await site.call(.GET, "/api/jobs/\(job)")
        #expect(JobAnswer(object: between.object).status == "running")

        _ = try await site.call(.POST, "/api/jobs/\(job)/stop", json: [String: String]())
        #expect(try await other.rest().contains(OpenStream.end), "another token's stream was cut")
        await site.end()
    }
}

/// An event stream of which the first events have come.
private struct OpenStream {
    static let end = "event: end\n"

    private var chunks: HTTPClientResponse.Body.AsyncIterator

    init(_ site: SiteUnderTest, _ job: String, _ secret: String) async throws {
        let response = try await HTTPClient.shared.execute(Self.request(site, job, secret), timeout: .seconds(120))
        guard response.status == .ok else { throw ScenarioFailure("no stream: \(response.status)") }
        chunks = response.body.makeAsyncIterator()
        guard try await chunks.next() != nil else { throw ScenarioFailure("the stream has no events") }
    }

    static func status(_ site: SiteUnderTest, _ job: String, _ secret: String) async throws -> Int {
        let response = try await HTTPClient.shared.execute(request(site, job, secret), timeout: .seconds(120))
        _ = try await response.body.collect(upTo: 1 << 20)
        return Int(response.status.code)
    }

    private static func request(_ site: SiteUnderTest, _ job: String, _ secret: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: site.address + "/api/jobs/\(job)/events")
        request.headers.add(name: "Authorization", value: "Bearer \(secret)")
        return request
    }

    /// What comes until the server ends it.
    mutating func rest() async throws -> String {
        var text = ""
        while let chunk = try await chunks.next() { text += String(buffer: chunk) }
        return text
    }
}
