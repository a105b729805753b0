import Crypto
import Foundation
import NornManifest
import Testing

@testable import NornRegistry

@Suite("Policy about plugins", .enabled(if: PluginFixture.hasCompiler))
struct PluginTrustTests {
    let fixture: PluginFixture

    init() throws { fixture = try PluginFixture() }

    private func registry(_ trust: PluginTrust, _ prober: SampleProber = SampleProber()) throws -> PluginRegistry {
        var rules = AdmissionRules()
        rules.trust = trust
        return PluginRegistry(store: try PluginStore(root: "\(fixture.root)/store"), prober: prober, rules: rules)
    }

    private func refusal(_ folder: String, _ trust: PluginTrust) async throws -> AdmissionError? {
        let prober = SampleProber()
        let registry = try registry(trust, prober)
        let error = await #expect(throws: AdmissionError.self) { try await registry.admit(folder) }
        #expect(await prober.probes == 0, "code of a plugin ran that is not trusted")
        return error
    }

    /// Signs a folder as `norn component pack` does.
    private func sign(_ folder: String, _ key: Curve25519.Signing.PrivateKey) throws -> String {
        let files = ["libsample.so", "manifest.json"]
        let list = try files.map { name in
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
            return "\(Digest.hexadecimal(of: bytes))  \(name)\n"
        }.joined()
        let signature = try key.signature(for: Data(("norn-bundle-1\n" + list).utf8))
        let publisher = "ed25519:" + hexadecimal(key.publicKey.rawRepresentation)
        try list.write(toFile: "\(folder)/digests", atomically: true, encoding: .utf8)
        try "\(publisher) \(hexadecimal(signature))\n"
            .write(toFile: "\(folder)/signature", atomically: true, encoding: .utf8)
        return publisher
    }

    private func hexadecimal(_ data: Data) -> String { data.map { String(format: "%02x", $0) }.joined() }

    @Test("A site of pinned plugins takes those alone")
    func pinned() async throws {
        let library = try fixture.compile()
        let folder = try fixture.plugin(library: library)
        let digest = Digest.hexadecimal(of: library)
        let refused = try await refusal(folder, PluginTrust(policy: .pinned, pins: [String(repeating: "0", count: 64)]))
        #expect(
            refused?.code == .untrusted && refused?.message.contains(digest) == true, "\(String(describing: refused))")
        let taken = try await registry(PluginTrust(policy: .pinned, pins: [digest])).admit(folder)
        #expect(taken.library.sha256 == digest)
    }

    @Test("A site of signed plugins takes those of the publishers that it knows")
    func signed() async throws {
        let folder = try fixture.plugin(library: fixture.compile())
        let key = Curve25519.Signing.PrivateKey()
        let stranger = PluginTrust(policy: .signed, publishers: ["ed25519:" + String(repeating: "1", count: 64)])
        #expect(try await refusal(folder, stranger)?.code == .untrusted)
        let publisher = try sign(folder, key)
        let unknown = try await refusal(folder, stranger)
        #expect(unknown?.code == .untrusted && unknown?.message.contains(publisher) == true)
        let known = PluginTrust(policy: .signed, publishers: [publisher])
        _ = try await registry(known).admit(folder)
        // What the installation has needs no signature; what is pinned neither.
        let installed = try #require(FileSystem.realPath("\(fixture.root)/plugins"))
        let plain = try fixture.plugin("plugins/plain", library: fixture.compile())
        _ = try await registry(PluginTrust(policy: .signed, publishers: [publisher], installation: [installed])).admit(
            plain)
    }

    @Test("A signature that does not hold, or is of other files, is refused under every policy")
    func wrongSignature() async throws {
        let folder = try fixture.plugin(library: fixture.compile())
        let publisher = try sign(folder, Curve25519.Signing.PrivateKey())
        let list = try String(contentsOfFile: "\(folder)/digests", encoding: .utf8)
        try (list + "\n").write(toFile: "\(folder)/digests", atomically: true, encoding: .utf8)
        for policy in PluginTrust.Policy.allCases {
            let refused = try await refusal(folder, PluginTrust(policy: policy, publishers: [publisher]))
            #expect(refused?.code == .signature, "\(String(describing: refused))")
        }
        try list.write(toFile: "\(folder)/digests", atomically: true, encoding: .utf8)
        let other = try fixture.compile("void norn_plugin_entry_1(void) { for (;;) {} }")
        try fixture.plugin(library: other)
        let swapped = try await refusal(folder, PluginTrust(policy: .signed, publishers: [publisher]))
        #expect(swapped?.code == .signature, "\(String(describing: swapped))")
    }
}
