import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NornManifest
import NornSite

struct ComponentInstall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install", abstract: "Install a plugin at a running site; jobs may use it at once.",
        discussion: """
            WHAT is a bundle that norn component pack made, or NAME@REGISTRY: a plugin's id and a folder of bundles or \
            the address of another site. The token for that site is in NORN_REGISTRY_TOKEN. What runs already goes on \
            with what it began with.
            """)

    /// A large bundle over a slow link.
    static let secondsMaximum: Int64 = 3600

    @OptionGroup var options: ServerOptions
    @Argument(help: "A bundle, or NAME@REGISTRY.") var what: String
    @Option(help: "The version to take from the registry; the newest unless said.") var version: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let (bytes, source) = try await PluginSource(what, version: version).bundle()
            let plugin = try await Self.install(bytes, source: source, options.client())
            if options.json { return try Printing.json(plugin) }
            print("installed  \(plugin.plugin) \(plugin.version), signed by \(plugin.publisher ?? "nobody")")
            print("offers     \((plugin.components + plugin.engines).joined(separator: ", "))")
            for warning in plugin.warnings { print("warning    \(warning)") }
        }
    }

    static func install(_ bundle: [UInt8], source: String, _ client: SiteClient) async throws -> PluginView {
        var request = client.request(.POST, SiteClient.path("plugins", query: ["source": source]))
        request.headers.add(name: "Content-Type", value: "application/octet-stream")
        request.body = .bytes(ByteBuffer(bytes: bundle))
        let response = try await client.send(request, seconds: secondsMaximum)
        let body = try await response.body.collect(upTo: 1_048_576)
        return try JSONDecoder().decode(PluginView.self, from: Data(body.readableBytesView))
    }
}

struct ComponentRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an installed plugin; what runs goes on with it.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The plugin's id.") var plugin: String
    @Option(help: "Which version, where there are several.") var version: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("plugins", plugin, query: ["version": version])
            _ = try await options.client().data(.DELETE, path)
            if options.json { try Printing.json(["done": true]) } else { print("removed \(plugin)") }
        }
    }
}

struct ComponentDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Keep new jobs from using a plugin; it stays installed.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The plugin's id.") var plugin: String
    @Option(help: "Which version, where there are several.") var version: String?

    func run() async throws {
        try await carryOut(json: options.json) { try await switchPlugin("disable", plugin, version, options) }
    }
}

struct ComponentEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Let jobs use a plugin again.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The plugin's id.") var plugin: String
    @Option(help: "Which version, where there are several.") var version: String?

    func run() async throws {
        try await carryOut(json: options.json) { try await switchPlugin("enable", plugin, version, options) }
    }
}

private func switchPlugin(
    _ action: String, _ plugin: String, _ version: String?, _ options: ServerOptions
) async throws {
    let path = SiteClient.path("plugins", plugin, action, query: ["version": version])
    let view = try await options.client().call(PluginView.self, .POST, path)
    if options.json { return try Printing.json(view) }
    print("\(view.plugin) \(view.version) is \(view.enabled ? "enabled" : "disabled")")
}

struct ComponentHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show what was done with plugins, newest first.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "Only of this plugin.") var plugin: String?
    @Option(help: "At most so many.") var limit = 100

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = SiteClient.path("plugin-history", query: ["plugin": plugin, "limit": String(limit)])
            let changes = try await options.client().get([PluginChangeView].self, path)
            if options.json { return try Printing.json(changes) }
            Printing.table(
                ["TIME", "WHAT", "PLUGIN", "VERSION", "DIGEST", "BY", "DETAIL"],
                changes.map {
                    [
                        Printing.time($0.time), $0.action, $0.plugin, $0.version, String($0.digest.prefix(12)),
                        $0.caller, $0.detail,
                    ]
                })
        }
    }
}
