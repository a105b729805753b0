import ArgumentParser
import Foundation
import NornServer
import NornSite

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the machine and the installation; say what to do.")

    @Option(help: "Home of the site.") var home: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let home = home.map { SiteHome(root: URL(filePath: $0)) } ?? .standard()
        let findings = await Doctor(tree: .current(), home: home).examine()
        if json {
            try Printing.json(findings)
        } else {
            for finding in findings {
                let mark =
                    switch finding.state {
                    case .good: "ok  "
                    case .limited: "note"
                    case .bad: "BAD "
                    }
                print("\(mark)  \(finding.subject): \(finding.text)\(finding.remedy.map { "\n      \($0)" } ?? "")")
            }
        }
        if findings.contains(where: { $0.state == .bad }) { throw ExitCode(1) }
    }
}
