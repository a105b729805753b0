import NornManifest
import Testing

@Suite("Catalogue")
struct CatalogueTests {
    static func catalogue() throws -> Catalogue {
        let manifest = try Manifest.decode(ManifestSamples.good).manifest
        var newer = manifest
        newer.plugin.version = "0.10.0"
        newer.provider = nil
        return Catalogue(manifests: [manifest, newer])
    }

    @Test(
        "A module is found by name, alias and reference in any case",
        arguments: [
            "HeteroLR", "heterolr", "HETEROLR", "lr", "coordinated_lr",
        ])
    func names(module: String) throws {
        #expect(try Self.catalogue().find(module).component.name == "HeteroLR")
    }

    @Test("Without a provider the newest version is taken; a provider picks its own")
    func providers() throws {
        let catalogue = try Self.catalogue()
        #expect(try catalogue.find("HeteroLR").pluginVersion == "0.10.0")
        #expect(try catalogue.find("HeteroLR", provider: "fate").pluginVersion == "0.1.0")
        #expect(try catalogue.find("HeteroLR", provider: "fate", version: "1.11.3").pluginVersion == "0.1.0")
        #expect(try catalogue.find("HeteroLR", provider: "norn.sample", version: "0.10.0").pluginVersion == "0.10.0")
    }

    @Test("A miss says what is near")
    func misses() throws {
        let catalogue = try Self.catalogue()
        #expect(throws: CatalogueMiss.unknownModule("HetroLR", nearest: "HeteroLR")) { try catalogue.find("HetroLR") }
        #expect(throws: CatalogueMiss.unknownModule("Banana", nearest: nil)) { try catalogue.find("Banana") }
        #expect(throws: CatalogueMiss.unknownProvider("fatee", nearest: "fate")) {
            try catalogue.find("HeteroLR", provider: "fatee")
        }
        #expect(throws: CatalogueMiss.unknownProviderVersion(provider: "fate", version: "9", known: ["1.11.3"])) {
            try catalogue.find("HeteroLR", provider: "fate", version: "9")
        }
    }

    @Test(
        "Versions compare by number, and a preview is older than its release",
        arguments: [
            ("0.9.0", "0.10.0"), ("1.0", "1.0.1"), ("1.0.0-rc1", "1.0.0"), ("1.0.0-rc1", "1.0.0-rc2"),
            ("1.11.3", "2.2.0"),
        ])
    func versions(older: String, newer: String) {
        #expect(Version.precedes(older, newer))
        #expect(!Version.precedes(newer, older))
        #expect(!Version.precedes(older, older))
    }
}
