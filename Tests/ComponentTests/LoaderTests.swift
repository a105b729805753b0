import NornKit
import NornTestHost
import Testing

/// Loaders hand on what the site gives them.
@Suite struct LoaderTests {
    /// More than one piece, so that their order counts.
    private static let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }

    @Test(arguments: [("ModelLoader", "model"), ("CacheLoader", "cache")])
    func everyByteIsHandedOnInOrder(component: String, port: String) async throws {
        let host = try TestHost(product: "norn_data")
        let party = TestParty(.arbiter, "1", inputs: [.file(port, Self.bytes)])
        let result = try await host.run(component, parties: [party])[.arbiter]
        #expect(result.error == nil)
        #expect(try result.bytes(port) == Self.bytes)
    }
}
