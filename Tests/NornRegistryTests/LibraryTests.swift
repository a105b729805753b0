import Foundation
import NornManifest
import NornRegistry
import Testing

@Suite("Checks of libraries", .enabled(if: PluginFixture.hasCompiler))
struct LibraryTests {
    let fixture: PluginFixture

    init() throws { fixture = try PluginFixture() }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var words: String
        var source = PluginFixture.entry
        var flags = PluginFixture.goodFlags
        var testDescription: String { words }
    }

    static let wrong: [Wrong] = [
        Wrong(words: "may be unloaded", flags: ["-Wl,-z,noexecstack"]),
        Wrong(words: "does not export norn_plugin_entry_1", source: "void other(void) {}"),
        Wrong(words: "exports 1 more symbols", source: PluginFixture.entry + " int other = 1;"),
        Wrong(
            words: "exports 1 more symbols", source: PluginFixture.entry + " __attribute__((weak)) void other(void) {}"),
        Wrong(words: "executable stack", flags: ["-Wl,-z,nodelete", "-Wl,-z,execstack"]),
        Wrong(words: "looks for others in \"/opt/lib\"", flags: PluginFixture.goodFlags + ["-Wl,-rpath,/opt/lib"]),
        Wrong(
            words: "looks for others in \"$ORIGIN/../x\"", flags: PluginFixture.goodFlags + ["-Wl,-rpath,$ORIGIN/../x"]),
    ]

    @Test("A library that is not built as a plugin is refused with the reason", arguments: wrong)
    func refused(sample: Wrong) async throws {
        let folder = try fixture.plugin(library: fixture.compile(sample.source, flags: sample.flags))
        let registry = try fixture.registry()
        let error = await #expect(throws: AdmissionError.self) { try await registry.admit(folder) }
        #expect(error?.code == .library)
        #expect(error?.message.contains(sample.words) == true, "\(error?.message ?? "")")
    }

    @Test("A library whose code is writable is refused")
    func writableCode() async throws {
        var library = try fixture.compile()
        // Program headers follow the file header; each has 56 bytes: kind, flags (1 execute, 2 write), …
        let codeFlags = stride(from: 64, to: 64 + 56 * Int(library[56]), by: 56)
            .first { library[$0] == 1 && library[$0 + 4] & 1 != 0 }.map { $0 + 4 }
        library[try #require(codeFlags)] |= 2
        let folder = try fixture.plugin(library: library)
        let registry = try fixture.registry()
        let error = await #expect(throws: AdmissionError.self) { try await registry.admit(folder) }
        #expect(error?.message == "a segment of the library is writable and executable")
    }

    @Test("A library that needs one that is not allowed is refused by name")
    func needed() async throws {
        let other = "\(fixture.root)/libstranger.so"
        try Data(fixture.compile("void other(void) {}", flags: ["-Wl,-soname,libstranger.so"])).write(
            to: URL(filePath: other))
        let library = try fixture.compile(flags: PluginFixture.goodFlags + ["-Wl,--no-as-needed", other])
        let folder = try fixture.plugin(library: library)
        let registry = try fixture.registry()
        let error = await #expect(throws: AdmissionError.self) { try await registry.admit(folder) }
        #expect(error?.message.contains("needs libstranger.so") == true)
    }

    @Test("Both kinds of hash table give the exported symbols", arguments: ["sysv", "gnu", "both"])
    func hashTables(style: String) throws {
        let source =
            PluginFixture.entry + " void b(void) {} void a(void) {} static int hidden; int *c(void) { return &hidden; }"
        let library = try fixture.compile(source, flags: PluginFixture.goodFlags + ["-Wl,--hash-style=\(style)"])
        let image = try ELFImage(bytes: library)
        #expect(image.exportedSymbols == ["a", "b", "c", "norn_plugin_entry_1"])
        #expect(image.isNeverUnloaded && !image.wantsExecutableStack && !image.hasTextRelocations)
    }

    @Test("A search path inside the folder and the C library are read as they are")
    func reading() throws {
        let image = try ELFImage(
            bytes: fixture.compile(
                flags: PluginFixture.goodFlags + ["-Wl,-rpath,$ORIGIN/lib:$ORIGIN", "-Wl,--no-as-needed"]))
        #expect(image.searchPaths == ["$ORIGIN/lib", "$ORIGIN"])
        #expect(image.needed == ["libc.so.6"])
    }

    @Test("Files that are no shared library, cut or damaged are refused and never crash the reader")
    func damaged() throws {
        #expect(throws: ELFError.self) { try ELFImage(bytes: []) }
        #expect(throws: ELFError.self) {
            try ELFImage(bytes: Array("not a library".utf8) + [UInt8](repeating: 0, count: 100))
        }
        let library = try fixture.compile()
        for count in stride(from: 0, to: library.count, by: 97) {
            _ = try? ELFImage(bytes: Array(library.prefix(count)))
        }
        var seed: UInt64 = 7
        func random(below bound: Int) -> Int {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(seed >> 33) % bound
        }
        var refused = 0
        for _ in 0..<2000 {
            var bytes = library
            for _ in 0..<4 {
                // Headers and dynamic tables lie near the beginning and the end.
                let place = random(below: 2) == 0 ? random(below: 1024) : random(below: bytes.count)
                bytes[place] = UInt8(random(below: 256))
            }
            do { _ = try ELFImage(bytes: bytes) } catch { refused += 1 }
        }
        #expect(refused > 0)
    }
}
