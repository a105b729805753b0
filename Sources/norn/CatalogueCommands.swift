import ArgumentParser
import Foundation
import NIOHTTP1
import NornManifest
import NornSite

struct ComponentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "component", abstract: "Algorithms that jobs may use, and the plugins that bring them.",
        subcommands: [
            ComponentList.self, ComponentDescribe.self, ComponentNew.self, ComponentRun.self, ComponentCheck.self,
            ComponentPack.self, ComponentInstall.self, ComponentRemove.self, ComponentDisable.self,
            ComponentEnable.self, ComponentHistory.self, QuarantineCommand.self,
        ])
}

struct ComponentList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List components.")

    @OptionGroup var options: ServerOptions
    @Flag(help: "List the plugins that bring them, switched off or not.") var plugins = false

    func run() async throws {
        try await carryOut(json: options.json) {
            if plugins { return try await listPlugins() }
            let components = try await options.client().get([ComponentView].self, SiteClient.path("components"))
            if options.json { return try Printing.json(components) }
            Printing.table(
                ["COMPONENT", "PLUGIN", "ROLES", "SUMMARY"],
                components.map { [$0.name, "\($0.plugin) \($0.version)", $0.roles.joined(separator: ","), $0.summary] })
        }
    }

    private func listPlugins() async throws {
        let plugins = try await options.client().get([PluginView].self, SiteClient.path("plugins"))
        if options.json { return try Printing.json(plugins) }
        Printing.table(
            ["PLUGIN", "VERSION", "STATE", "FROM", "DIGEST", "PUBLISHER", "OFFERS"],
            plugins.map {
                [
                    $0.plugin, $0.version, $0.enabled ? "enabled" : "disabled", $0.builtIn ? "Norn" : "installed",
                    String($0.digest.prefix(12)), $0.publisher.map { String($0.prefix(20)) } ?? "unsigned",
                    ($0.components + $0.engines).joined(separator: ","),
                ]
            })
    }
}

struct ComponentDescribe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "describe", abstract: "Show a component's parameters, inputs, outputs and what it discloses.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "Module name, alias or reference.") var name: String

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("components", name)
            let component = try await options.client().get(ComponentView.self, path)
            if options.json { return try Printing.json(component) }
            print("\(component.name): \(component.summary)")
            print("plugin     \(component.plugin) \(component.version)")
            print("names      \(([component.reference].compactMap { $0 } + component.aliases).joined(separator: ", "))")
            print("roles      \(component.roles.joined(separator: ", "))")
            print("engines    \(component.engines.joined(separator: ", "))")
            print("inputs     \(component.inputs.joined(separator: ", "))")
            print("outputs    \(component.outputs.joined(separator: ", "))")
            for sentence in component.discloses { print("discloses  \(sentence)") }
            print("parameters")
            for (name, schema) in component.parameters["properties"]?.asObject?.members ?? [] {
                let standard = schema["default"].map { " = \($0.text())" } ?? ""
                let text = schema["description"]?.asString.map { "  \($0)" } ?? ""
                print("  \(name)\(standard)\(text)")
            }
        }
    }
}

struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Computing backends.", subcommands: [EngineList.self])
}

struct EngineList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List engines.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await carryOut(json: options.json) {
            let engines = try await options.client().get([EngineView].self, SiteClient.path("engines"))
            if options.json { return try Printing.json(engines) }
            Printing.table(
                ["ENGINE", "DURABLE", "PLUGIN", "SUMMARY"],
                engines.map {
                    [
                        $0.standard ? "\($0.name) *" : $0.name, $0.durable ? "yes" : "no", "\($0.plugin) \($0.version)",
                        $0.summary,
                    ]
                })
        }
    }
}

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Credentials of submitters.",
        subcommands: [TokenCreate.self, TokenList.self, TokenRevoke.self])
}

struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token; its secret is shown once.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The person or program that will show it.") var submitter: String
    @Option(name: .customLong("right"), help: "admin, submit, read or data; again for more.") var rights: [String] = [
        "submit", "read",
    ]
    @Option(name: .customLong("party"), help: "Party id for which it may act; again for more, all unless said.")
    var parties: [String] = []

    func run() async throws {
        try await carryOut(json: options.json) {
            let body: JSON = [
                "submitter": .string(submitter), "rights": .array(rights.map { .string($0) }),
                "parties": .array(parties.map { .string($0) }),
            ]
            let token = try await options.client().call(TokenView.self, .POST, SiteClient.path("tokens"), body: body)
            if options.json { return try Printing.json(token) }
            print("id      \(token.id)")
            print("secret  \(token.secret ?? "")")
            print("for FATE's clients: --app-key \(token.id) --secret-key \(token.signingSecret ?? "")")
        }
    }
}

struct TokenList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List tokens.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await carryOut(json: options.json) {
            let tokens = try await options.client().get([TokenView].self, SiteClient.path("tokens"))
            if options.json { return try Printing.json(tokens) }
            Printing.table(
                ["ID", "SUBMITTER", "PARTIES", "RIGHTS", "CREATED"],
                tokens.map {
                    [
                        $0.id, $0.submitter, $0.parties.isEmpty ? "all" : $0.parties.joined(separator: ","),
                        $0.rights.joined(separator: ","), Printing.time($0.created),
                    ]
                })
        }
    }
}

struct TokenRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Revoke a token at once.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The token's id.") var id: String

    func run() async throws {
        try await carryOut(json: options.json) {
            _ = try await options.client().data(.DELETE, SiteClient.path("tokens", id))
            if options.json { try Printing.json(["done": true]) } else { print("revoked") }
        }
    }
}
