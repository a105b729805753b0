import Foundation
import NornManifest
import Testing

/// Parameters that are read for the sake of FATE's jobs and change nothing.
@Suite("Parameters without effect")
struct WithoutEffectTests {
    private func schema(_ family: String, _ component: String) throws -> ParameterSchema {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../components/\(family)/manifest.json")
        let manifest = try Manifest.decode(String(contentsOf: path, encoding: .utf8)).manifest
        return try #require(manifest.components.first { $0.name == component }).parameters
    }

    @Test(
        "Intersection says which options of FATE's methods change nothing here",
        arguments: [
            ("random_bit", ["random_bit": 256]), ("join_role", ["join_role": "host"]),
            ("with_encode", ["with_encode": true]),
            ("repeated_id_process", ["repeated_id_process": true]),
            ("intersect_cache_param", ["intersect_cache_param": ["use_cache": true]]),
            ("rsa_params.random_base_fraction", ["rsa_params": ["random_base_fraction": 0.5]]),
            ("rsa_params.random_bit", ["rsa_params": ["random_bit": 64]]),
        ] as [(String, JSON)])
    func intersection(path: String, given: JSON) throws {
        let found = try schema("intersect", "Intersection").withoutEffect(given)
        #expect(found.map { $0.path.hasPrefix(path) } == [true], "\(found)")
        #expect(found.allSatisfy { $0.message.hasPrefix("has no effect") })
    }

    @Test("Defaults, and parameters with an effect, are not named")
    func defaults() throws {
        let intersection = try schema("intersect", "Intersection")
        #expect(intersection.withoutEffect(.object(intersection.defaults)).isEmpty)
        #expect(intersection.withoutEffect(["intersect_method": "rsa"]).isEmpty)
        let pearson = try schema("feature", "HeteroPearson")
        #expect(pearson.withoutEffect(["use_mix_rand": true, "calc_local_vif": false]).map(\.path) == ["use_mix_rand"])
    }
}
