import NornFlow
import NornManifest
import NornStore
import NornWorkers
import Testing

@testable import NornSite

/// Parties compare the components of a job before it begins.
@Suite struct AgreementTests {
    private static let guest = Party(role: .guest, id: "9999")
    private static let host = Party(role: .host, id: "10000")

    private static func entry(
        version: String = "1.0.0", library: String = "aa", message: String = "gradient"
    ) throws -> CatalogueEntry {
        let manifest = try Manifest.decode(
            """
            {"manifest": 1, "plugin": {"id": "acme.boost", "version": "\(version)"},
             "abi": {"generation": 1, "level_min": 1, "level_built": 1},
             "libraries": [{"platform": "linux_x86_64_glibc", "path": "lib.so", "sha256": ""}],
             "components": [{"name": "Boost", "roles": ["guest", "host"], "engines": ["local"],
                "wire": [{"name": "\(message)", "from": ["guest"], "to": ["host"], "kind": "object",
                          "class": "ciphertext", "discloses": "nothing"}]}]}
            """
        ).manifest
        return CatalogueEntry(
            pluginID: manifest.plugin.id, pluginVersion: version, pluginDigest: library, provider: nil,
            component: manifest.components[0])
    }

    private static func rules(_ agreement: ComponentAgreement) -> AgreementRules {
        var trust = SiteSettings.Trust()
        trust.agreement = agreement.rawValue
        return AgreementRules(trust)
    }

    private static let task = JobTask(name: "boost_0", module: "Boost", parties: [guest, host])
    private static let job = Job(id: "1", initiator: guest, parties: [guest, host], tasks: [task])

    /// What the host says when the guest's site has one entry and the host's another.
    private func flaw(
        guest offered: CatalogueEntry, _ wanted: ComponentAgreement, host own: CatalogueEntry,
        _ hostWants: ComponentAgreement
    ) -> Failure? {
        let contract = Self.rules(wanted).offering(Self.job, from: Catalogue(entries: [offered]))
        return Self.rules(hostWants).flaw(Self.task, contract, has: own, at: Self.host)
    }

    @Test func theSameIsTheSame() throws {
        for agreement in ComponentAgreement.allCases {
            #expect(flaw(guest: try Self.entry(), agreement, host: try Self.entry(), agreement) == nil)
        }
    }

    @Test func anotherContractIsRefusedWithBoth() throws {
        let (own, other) = (try Self.entry(), try Self.entry(message: "hessian"))
        let refused = try #require(flaw(guest: other, .contract, host: own, .contract))
        #expect(refused.code == .refused && refused.task == "boost_0" && refused.party == Self.host)
        for entry in [own, other] {
            #expect(refused.what.contains(ComponentIdentity(entry).contract.prefix(16)), "\(refused.what)")
        }
        #expect(refused.what.contains("guest:9999 has") && refused.what.contains("host:10000 has"))
    }

    /// The stricter of both sites' settings counts, whichever it is.
    @Test func anotherVersionOrLibraryIsRefusedWhereItIsAskedFor() throws {
        let own = try Self.entry()
        let version = try Self.entry(version: "1.1.0", library: "bb")
        let library = try Self.entry(library: "bb")
        #expect(flaw(guest: version, .contract, host: own, .contract) == nil)
        for (guest, host) in [(ComponentAgreement.version, ComponentAgreement.contract), (.contract, .version)] {
            let refused = flaw(guest: version, guest, host: own, host)
            #expect(refused?.what.contains("acme.boost@1.1.0") == true, "\(refused?.what ?? "")")
            #expect(refused?.what.contains("acme.boost@1.0.0") == true, "\(refused?.what ?? "")")
            #expect(flaw(guest: library, guest, host: own, host) == nil)
        }
        for (guest, host) in [(ComponentAgreement.binary, ComponentAgreement.contract), (.version, .binary)] {
            let refused = flaw(guest: library, guest, host: own, host)
            #expect(refused?.what.contains("library aa") == true && refused?.what.contains("library bb") == true)
        }
    }

    /// A coordinator of an earlier release says nothing of its components.
    @Test func aSilentCoordinatorIsRefusedOnlyWhereTheBinaryCounts() throws {
        let own = try Self.entry()
        #expect(Self.rules(.version).flaw(Self.task, Self.job, has: own, at: Self.host) == nil)
        #expect(Self.rules(.binary).flaw(Self.task, Self.job, has: own, at: Self.host) != nil)
    }
}
