import Foundation
import Testing

/// The header that compilers see is the one that was locked: the lock's numbers become assertions that they check.
@Suite struct LevelLockTests {
    struct Lock: Decodable {
        struct Field: Decodable {
            let name: String
            let offset: Int
            let size: Int
            let type: String
        }
        struct Struct: Decodable {
            let name: String
            let isFrozen: Bool
            let size: Int
            let fields: [Field]
        }
        struct Extension: Decodable {
            let id: String
            let revision: Int
        }
        struct Function: Decodable {
            let name: String
            let type: String
        }

        let level: Int
        let constants: [String: UInt64]
        let structs: [Struct]
        let extensions: [Extension]
        let functions: [Function]
    }

    static let folder = GeneratedFilesTests.root.appending(path: "Sources/NornABI/lock")

    static let locks: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".json") }.sorted()
    }()

    private func lock(_ name: String) throws -> Lock {
        try JSONDecoder().decode(Lock.self, from: Data(contentsOf: Self.folder.appending(path: name)))
    }

    @Test func levelOneIsLocked() throws {
        #expect(Self.locks.contains("level-1.json"))
        let lock = try lock("level-1.json")
        #expect(lock.structs.count >= 20 && lock.constants.count >= 50 && lock.extensions.count >= 5)
    }

    @Test(arguments: locks)
    func headerKeepsWhatTheLevelFixed(name: String) throws {
        let result = try compile(assertions(try lock(name)))
        #expect(result.status == 0, "\(result.output)")
    }

    /// The assertions can fail: each of these headers breaks one rule of ABI.md.
    @Test(arguments: [
        ("struct norn_kernel {", "struct norn_kernel { uint64_t wedged;"),
        ("uint32_t partition, uint32_t partitions,", "uint32_t partitions, uint64_t partition,"),
        ("#define NORN_CANCELLED 1u", "#define NORN_CANCELLED 2u"),
        ("#define NORN_FEDERATION_REVISION 1u", "#define NORN_FEDERATION_REVISION 2u"),
    ])
    func aBrokenHeaderIsSeen(old: String, new: String) throws {
        let header = try String(contentsOfFile: GeneratedFilesTests.header, encoding: .utf8)
        try #require(header.contains(old))
        var broken = header.replacingOccurrences(of: old, with: new)
        // The header's own assertions would see some of it; here the lock has to.
        broken = broken.replacing(#/NORN_LAYOUT\((sizeof|offsetof).*/#, with: "")
        let result = try compile(assertions(try lock("level-1.json")), header: broken)
        #expect(result.status != 0)
    }

    private func assertions(_ lock: Lock) -> String {
        var lines = ["#include \"norn.h\"", "#include <stddef.h>"]
        func assert(_ condition: String) {
            let text = condition.replacingOccurrences(of: "\"", with: "\\\"")
            lines.append("_Static_assert(\(condition), \"\(text)\");")
        }
        for (name, value) in lock.constants.sorted(by: { $0.key < $1.key }) { assert("\(name) == \(value)ull") }
        for item in lock.structs {
            assert("sizeof(\(item.name)) \(item.isFrozen ? "==" : ">=") \(item.size)")
            assert("\(item.name.uppercased())_LEVEL_\(lock.level)_BYTES == \(item.size)")
            for field in item.fields {
                let member = "((\(item.name) *)0)->\(field.name)"
                assert("offsetof(\(item.name), \(field.name)) == \(field.offset)")
                assert("sizeof(\(member)) == \(field.size)")
                assert("__builtin_types_compatible_p(__typeof__(\(member)), \(field.type))")
            }
        }
        for function in lock.functions {
            assert("__builtin_types_compatible_p(__typeof__(\(function.name)), \(function.type))")
        }
        for (index, item) in lock.extensions.enumerated() {
            let macro = Self.macro(item.id)
            assert("NORN_\(macro)_REVISION == \(item.revision)")
            lines.append(
                "extern char extension_\(index)[__builtin_strcmp(NORN_\(macro)_ID, \"\(item.id)\") == 0 ? 1 : -1];")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func macro(_ id: String) -> String {
        let name = id.split(separator: ".").last.map { $0.uppercased() } ?? ""
        return name == "ENGINE" ? "ENGINE_ACCESS" : name
    }

    private func compile(_ source: String, header: String? = nil) throws -> (status: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "norn-lock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = try header ?? String(contentsOfFile: GeneratedFilesTests.header, encoding: .utf8)
        try text.write(to: folder.appending(path: "norn.h"), atomically: true, encoding: .utf8)
        let file = folder.appending(path: "lock.c")
        try source.write(to: file, atomically: true, encoding: .utf8)
        return try GeneratedFilesTests.run(
            URL(filePath: "/usr/bin/env"),
            ["clang", "-std=gnu11", "-I", folder.path, "-fsyntax-only", file.path])
    }
}
