import NornManifest
import NornWorkers
import Testing

@testable import NornSite

/// What a manifest does not declare is not sent.
@Suite struct WireRulesTests {
    private static func rules(_ role: String) throws -> WireRules {
        let manifest = try Manifest.decode(
            """
            {"manifest": 1, "plugin": {"id": "acme.boost", "version": "1.0.0"},
             "abi": {"generation": 1, "level_min": 1, "level_built": 1},
             "libraries": [{"platform": "linux_x86_64_glibc", "path": "lib.so", "sha256": ""}],
             "components": [{"name": "Boost", "roles": ["guest", "host"], "engines": ["local"],
                "wire": [{"name": "gradient", "from": ["guest"], "to": ["host"], "kind": "object",
                          "class": "ciphertext", "max_bytes": 8, "discloses": "nothing"},
                         {"name": "ids", "from": ["host"], "to": ["guest"], "kind": "table",
                          "class": "plain", "discloses": "nothing"}]}]}
            """
        ).manifest
        return WireRules(manifest.components[0], role: role)
    }

    private static func message(
        _ name: String, to role: String, bytes: Int = 8, table: TableShape? = nil
    ) -> OutgoingMessage {
        OutgoingMessage(
            name: name, tag: "0", role: role, party: "1", payload: .bytes([UInt8](repeating: 0, count: bytes)),
            table: table)
    }

    @Test func whatIsDeclaredIsSent() throws {
        #expect(try Self.rules("guest").flaw(Self.message("gradient", to: "host")) == nil)
        let table = TableShape(rows: 1, partitions: 1)
        #expect(try Self.rules("host").flaw(Self.message("ids", to: "guest", bytes: 1 << 20, table: table)) == nil)
    }

    @Test func anotherNameDirectionKindOrSizeIsNot() throws {
        let guest = try Self.rules("guest")
        #expect(guest.flaw(Self.message("rows", to: "host"))?.contains("a message rows to host") == true)
        #expect(guest.flaw(Self.message("gradient", to: "guest"))?.contains("from guest to guest") == true)
        #expect(guest.flaw(Self.message("ids", to: "host"))?.contains("from guest to host") == true)
        #expect(guest.flaw(Self.message("gradient", to: "host", bytes: 9))?.contains("at most 8") == true)
        let table = TableShape(rows: 1, partitions: 1)
        #expect(guest.flaw(Self.message("gradient", to: "host", table: table))?.contains("as a table") == true)
        let host = try Self.rules("host")
        #expect(host.flaw(Self.message("ids", to: "guest"))?.contains("as an object") == true)
    }
}
