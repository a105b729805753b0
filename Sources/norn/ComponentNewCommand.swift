import ArgumentParser
import Foundation
import NornSite

extension AuthorLanguage: ExpressibleByArgument {}

struct ComponentNew: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make a project for a component of your own.",
        discussion: """
            The project builds without a network and runs at once: every host tells the guest how many rows it has. The \
            same name in another language makes the same component, so that parties of different languages work together.
            """)

    @Argument(help: "Name of the component, such as row-total.") var name: String
    @Option(name: .customLong("lang"), help: "swift, c, cpp, rust or python.") var language: AuthorLanguage
    @Option(help: "The folder to make; NAME here unless said.") var folder: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await carryOut(json: json) {
            let template = try ProjectTemplate(name: name, language: language, tree: .current())
            let folder = URL(filePath: folder ?? name)
            try template.write(to: folder)
            if json { return try Printing.json(["folder": folder.path, "component": template.module]) }
            print("made     \(template.module) in \(folder.path)")
            print("write    \(language.source(template.module))")
            if !language.buildCommand.isEmpty { print("build    \(language.buildCommand)") }
            print("then     README.md there tells how to run, pack and install it")
        }
    }
}
