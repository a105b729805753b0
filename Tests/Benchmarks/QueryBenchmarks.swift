import Foundation

/// How often a job can be asked for in a second: the real route, with its token, over connections that stay open.
struct QueryBenchmarks {
    static let connections = 16
    static let seconds = 5
    static let runs = 3

    private struct Load: Decodable {
        let requests: Int
        let seconds: Double
        let p99Microseconds: Double
        let failures: Int
    }

    let stage: URL

    func run() async throws -> [Measurement] {
        let site = try SiteProcess(stage: stage, arguments: ["--parties", "9999"]) { try Relay.add(to: $0) }
        defer { site.end() }
        let job = try await site.calls.submit(Relay.submission(tasks: 1, parties: 1))
        _ = try await site.calls.success(of: job)
        let loads = try (0..<Self.runs).map { _ in try load(site, "/api/jobs/\(job)") }
        return [
            Measurement(
                "job query, \(Self.connections) connections", unit: "1/s",
                values: loads.map { Double($0.requests) / $0.seconds }, target: .atLeast(20_000)),
            Measurement(
                "job query, \(Self.connections) connections: p99", unit: "ms",
                values: loads.map { $0.p99Microseconds / 1000 }),
        ]
    }

    private func load(_ site: SiteProcess, _ path: String) throws -> Load {
        guard let address = URL(string: site.calls.address), let host = address.host, let port = address.port else {
            throw BenchmarkFailure("the site has no address")
        }
        let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appending(path: "load-generator").path
        let text = try Program.run(
            program, [host, "\(port)", path, site.calls.token, "\(Self.connections)", "\(Self.seconds)"])
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let load = try decoder.decode(Load.self, from: Data(text.utf8))
        guard load.failures == 0 else { throw BenchmarkFailure("\(load.failures) queries failed") }
        return load
    }
}
