import Foundation
import NornManifest
import Testing

@testable import NornRegistry

@Suite("Bundles", .enabled(if: PluginFixture.hasCompiler))
struct BundleTests {
    let fixture: PluginFixture

    init() throws { fixture = try PluginFixture() }

    /// A folder as its author has it: no digest in the manifest yet, and a file beside the library.
    private func folder() throws -> String {
        let folder = try fixture.plugin(library: fixture.compile(), sha256: "") {
            $0["files"] = [["path": "tables/words.txt"]]
        }
        try FileManager.default.createDirectory(atPath: "\(folder)/tables", withIntermediateDirectories: true)
        try "words".write(toFile: "\(folder)/tables/words.txt", atomically: true, encoding: .utf8)
        return folder
    }

    private func error(_ bytes: [UInt8]) -> BundleError? {
        do throws(BundleError) {
            _ = try PluginBundle(decoding: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test("A folder becomes the same bytes each time, and comes back with all that was in it")
    func packAndRead() throws {
        let folder = try folder()
        let packed = try PluginBundle(packing: folder, key: nil).encoded()
        #expect(try PluginBundle(packing: folder, key: nil).encoded() == packed)
        let read = try PluginBundle(decoding: packed)
        #expect(read.manifest.plugin.id == "norn.sample")
        #expect(read.publisher == nil)
        #expect(read.manifest.libraries.first?.path == "\(AdmissionRules.builtPlatform)/libsample.so")
        #expect(read.encoded() == packed)
    }

    @Test("What tar and sha256sum make of a bundle is what Norn makes of it")
    func isPlainTar() throws {
        let bundle = try PluginBundle(packing: folder(), key: SigningKey())
        let file = "\(fixture.root)/\(bundle.fileName)"
        try Data(bundle.encoded()).write(to: URL(filePath: file))
        let out = "\(fixture.root)/out"
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        try PluginFixture.run(["tar", "-xf", file, "-C", out])
        try PluginFixture.run(["sh", "-c", "cd '\(out)' && sha256sum --quiet --check --strict digests"])
        #expect(try String(contentsOfFile: "\(out)/tables/words.txt", encoding: .utf8) == "words")
    }

    @Test("An unpacked bundle is admitted with its files and its publisher, and is the same bundle again")
    func unpackAndAdmit() async throws {
        let key = SigningKey()
        let bundle = try PluginBundle(packing: folder(), key: key)
        let folder = "\(fixture.root)/added"
        try bundle.unpack(into: folder)
        let plugin = try await fixture.registry().admit(folder, as: "/elsewhere")
        #expect(plugin.publisher == key.publicKey)
        #expect(plugin.source == "/elsewhere")
        let stored = (plugin.library.path as NSString).deletingLastPathComponent
        #expect(try String(contentsOfFile: "\(stored)/tables/words.txt", encoding: .utf8) == "words")
        #expect(try PluginBundle(unpackedIn: folder).encoded() == bundle.encoded())
    }

    @Test("Every cut of a bundle is known as one that is not whole")
    func cuts() throws {
        let bytes = try PluginBundle(packing: folder(), key: nil).encoded()
        for count in stride(from: 0, to: bytes.count, by: 256) {
            #expect(error(Array(bytes.prefix(count))) == .incomplete, "\(count) of \(bytes.count) bytes")
        }
    }

    @Test("A changed file is found by its digest, a changed list by the signature")
    func changes() throws {
        let key = SigningKey()
        let bundle = try PluginBundle(packing: folder(), key: key)
        var files = bundle.files
        let words = try #require(files.firstIndex { $0.path == "tables/words.txt" })
        files[words].bytes = Array("worse".utf8)
        #expect(throws: BundleError.digest(path: "tables/words.txt")) {
            try PluginBundle(files: files, list: bundle.list, signature: bundle.signature)
        }
        let forged = DigestList(files: files)
        #expect(throws: BundleError.self) {
            try PluginBundle(files: files, list: forged, signature: bundle.signature)
        }
        #expect(try PluginBundle(files: files, list: forged, signature: nil).publisher == nil)
    }

    @Test("A folder whose signature does not hold is refused, with the file")
    func changedFolder() async throws {
        let bundle = try PluginBundle(packing: folder(), key: SigningKey())
        let folder = "\(fixture.root)/added"
        try bundle.unpack(into: folder)
        let text = try String(contentsOfFile: "\(folder)/digests", encoding: .utf8)
        try (text + text.prefix(64) + "  more\n").write(
            toFile: "\(folder)/digests", atomically: true, encoding: .utf8)
        try "more".write(toFile: "\(folder)/more", atomically: true, encoding: .utf8)
        let registry = try fixture.registry()
        let error = await #expect(throws: AdmissionError.self) { try await registry.admit(folder) }
        #expect(error?.code == .signature)
    }

    @Test(
        "A path that leads out of the bundle, or a link in it, is refused",
        arguments: ["../out", "/etc/passwd", "a/../../b", "a//b", "./a"])
    func paths(path: String) throws {
        let bytes = TarArchive.encoded([TarArchive.Entry(path: path, bytes: [1])])
        guard case .refused(let why)? = error(bytes) else {
            Issue.record("\(path) was taken")
            return
        }
        #expect(why.contains("leads out"))
    }

    @Test("What is no archive, or an archive of something else, is refused")
    func others() throws {
        #expect(error([UInt8](repeating: 7, count: 2048)) == .refused("it is not a tar archive"))
        let empty = TarArchive.encoded([])
        #expect(error(empty) == .refused("it has no list of digests"))
        let entry = TarArchive.Entry(path: "a.txt", bytes: [1, 2, 3])
        #expect(error(TarArchive.encoded([entry])) == .refused("it has no list of digests"))
    }

    @Test("Keys come back from their text, and a text that is none is no key")
    func keys() throws {
        let key = SigningKey()
        let again = try #require(SigningKey(text: key.text))
        #expect(again.publicKey == key.publicKey)
        #expect(PublisherKey(text: key.publicKey.description) == key.publicKey)
        for text in ["", "norn-signing-key-1", "norn-signing-key-1 00", "other \(String(repeating: "0", count: 64))"] {
            #expect(SigningKey(text: text) == nil)
        }
        #expect(PublisherKey(text: "ed25519:zz") == nil)
    }

    @Test("A plugin in Python gets the bridge as its library and a digest of its own")
    func python() async throws {
        let bridge = "\(fixture.root)/libbridge.so"
        try Data(fixture.compile()).write(to: URL(filePath: bridge))
        func plugin(_ text: String) throws -> String {
            let folder = "\(fixture.root)/\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try text.write(toFile: "\(folder)/component.py", atomically: true, encoding: .utf8)
            var manifest = PluginFixture.manifest(sha256: "").asObject ?? [:]
            manifest["libraries"] = nil
            manifest["files"] = [
                ["path": "component.py", "sha256": .string(Digest.hexadecimal(of: Array(text.utf8)))]
            ]
            manifest["python"] = ["bridge": "test.bridge", "file": "component.py"]
            try JSON.object(manifest).text().write(
                toFile: "\(folder)/manifest.json", atomically: true, encoding: .utf8)
            return folder
        }
        func registry(_ rules: AdmissionRules) throws -> PluginRegistry {
            PluginRegistry(
                store: try PluginStore(root: "\(fixture.root)/store"), prober: SampleProber(), rules: rules)
        }
        let rules = AdmissionRules(bridges: ["test.bridge": bridge])
        let one = try await registry(rules).admit(plugin("one = 1"))
        let two = try await registry(rules).admit(plugin("two = 2"))
        #expect(one.library.sha256 != two.library.sha256)
        let stored = (one.library.path as NSString).deletingLastPathComponent
        #expect(try String(contentsOfFile: "\(stored)/component.py", encoding: .utf8) == "one = 1")
        let error = await #expect(throws: AdmissionError.self) {
            try await registry(AdmissionRules()).admit(plugin("three = 3"))
        }
        #expect(error?.code == .bridge)
    }
}
