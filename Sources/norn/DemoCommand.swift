import ArgumentParser
import Foundation
import NornSite

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "demo", abstract: "Run the example job.")
    func run() async throws {}
}
