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

    /// A plugin as an author packs it with a key, and as a site unpacks it.
    private func signed(_ key: SigningKey) throws -> String {
        let built = try fixture.plugin("built", library: fixture.compile(), sha256: "")
        let bytes = try PluginBundle(packing: built, key: key).encoded()
        let folder = "\(fixture.root)/signed"
        try PluginBundle(decoding: bytes).unpack(into: folder)
        return folder
    }

    private func library(of folder: String) -> String { "\(folder)/\(AdmissionRules.builtPlatform)/libsample.so" }

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

    @Test("A site of signed plugins takes the bundles of the publishers that it knows")
    func signedByThoseItKnows() async throws {
        let folder = try fixture.plugin(library: fixture.compile())
        let stranger = PluginTrust(policy: .signed, publishers: [SigningKey().publicKey])
        #expect(try await refusal(folder, stranger)?.code == .untrusted)
        let key = SigningKey()
        let packed = try signed(key)
        let unknown = try await refusal(packed, stranger)
        #expect(unknown?.code == .untrusted && unknown?.message.contains("\(key.publicKey)") == true)
        let known = PluginTrust(policy: .signed, publishers: [key.publicKey])
        #expect(try await registry(known).admit(packed).publisher == key.publicKey)
        // What the installation has needs no signature; what is pinned neither.
        let installed = try #require(FileSystem.realPath("\(fixture.root)/plugins"))
        let library = try fixture.compile()
        let plain = try fixture.plugin("plugins/plain", library: library)
        let trust = PluginTrust(policy: .signed, publishers: [key.publicKey], installation: [installed])
        _ = try await registry(trust).admit(plain)
        let pinned = PluginTrust(policy: .signed, pins: [Digest.hexadecimal(of: library)])
        _ = try await registry(pinned).admit(plain)
    }

    @Test("A signature that does not hold, or is of other files, is refused under every policy")
    func wrongSignature() async throws {
        let key = SigningKey()
        let folder = try signed(key)
        let path = "\(folder)/digests"
        let list = try String(contentsOfFile: path, encoding: .utf8)
        let lines = list.split(separator: "\n").map { $0 + "\n" }
        let others = [
            list + "\n", lines.reversed().joined(), list + "\(String(repeating: "0", count: 64))  more\n",
            list.replacing("  manifest", with: "  manifests"), "",
        ]
        for other in others {
            try other.write(toFile: path, atomically: true, encoding: .utf8)
            try await expectRefusals(of: folder, key, .signature)
        }
    }

    @Test("A signed plugin whose library was changed is refused, also when its manifest or its list was mended")
    func changedLibrary() async throws {
        let key = SigningKey()
        let folder = try signed(key)
        let other = try fixture.compile("void norn_plugin_entry_1(void) { for (;;) {} }")
        let old = Digest.hexadecimal(of: [UInt8](try Data(contentsOf: URL(filePath: library(of: folder)))))
        try Data(other).write(to: URL(filePath: library(of: folder)))
        try await expectRefusals(of: folder, key, .digest)
        for file in ["manifest.json", "digests"] {
            let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
            try text.replacing(old, with: Digest.hexadecimal(of: other))
                .write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
            try await expectRefusals(of: folder, key, .signature)
        }
    }

    private func expectRefusals(of folder: String, _ key: SigningKey, _ code: AdmissionError.Code) async throws {
        for policy in PluginTrust.Policy.allCases {
            let refused = try await refusal(folder, PluginTrust(policy: policy, publishers: [key.publicKey]))
            #expect(refused?.code == code, "\(policy): \(String(describing: refused))")
        }
    }
}
