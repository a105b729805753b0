import Foundation
import NornManifest
import NornRegistry

/// Rules 101 to 103: the manifest, and the library that it means.
struct ManifestRules {
    let plugin: CheckedPlugin

    func findings(_ number: Int) throws -> Findings {
        guard let decoded = plugin.decoded else { throw TrialError("there is no manifest.json beside the library") }
        var findings = Findings()
        switch number {
        case 101: break  // It was decoded: the checked plugin could not have been made without.
        case 102: for warning in decoded.warnings { findings.fail("\(warning)".trimmingFullStop) }
        default: try libraryFindings(&findings)
        }
        return findings
    }

    private func libraryFindings(_ findings: inout Findings) throws {
        let resolved = URL(filePath: plugin.library).resolvingSymlinksInPath().path
        guard resolved.hasPrefix(plugin.folder + "/") else {
            return findings.fail("the library is a link that leads out of the plugin's folder, to \(resolved)")
        }
        let digest = Digest.hexadecimal(of: try plugin.libraryBytes())
        guard let declared = plugin.declaredDigest else {
            return findings.notes.append("The manifest names no digest yet; the library's is \(digest).")
        }
        if declared != digest {
            findings.fail("the library's SHA-256 is \(digest), the manifest's \(declared)")
        }
    }
}
