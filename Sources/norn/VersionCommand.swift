import ArgumentParser
import NornSite

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the release, the protocols and the levels of the ABI that it speaks.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let release = ReleaseView.own
        if json { return try Printing.json(release) }
        print("norn       \(release.version)")
        print("protocols  \(Self.list(release.protocols)) with other sites")
        print("abi        generation \(release.abiGeneration), level \(Self.list(release.abiLevels))")
        print("platform   \(release.platform)")
    }

    private static func list(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }
}
