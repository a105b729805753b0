import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NornManifest
import NornSite

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Models: deploy, predict with them, export, import, migrate, tag.",
        subcommands: [
            ModelList.self, ModelShow.self, ModelDeploy.self, ModelDSL.self, ModelConf.self, ModelExport.self,
            ModelImportCommand.self, ModelMigrate.self, ModelRemove.self, ModelTagCommand.self,
        ])
}

/// Which model a version is of, where it has several.
struct ModelName: ParsableArguments {
    @Argument(help: "The version: the id of the job that made it.") var version: String
    @Option(help: "The model's id, where several have the version.") var modelID: String?

    func path(_ more: String..., query: [String: String?] = [:]) -> String {
        SiteClient.path(["models", version] + more, query: query.merging(["model_id": modelID]) { $1 })
    }

    /// The id, looked up where it is not given.
    func id(_ client: SiteClient) async throws -> String {
        if let modelID { return modelID }
        let ids = Set(try await client.get([ModelDetail].self, path()).map(\.summary.modelID))
        guard ids.count == 1, let id = ids.first else {
            throw SiteError.invalid(
                "Several models have the version \(version): \(ids.sorted().joined(separator: ", "))",
                field: "--model-id")
        }
        return id
    }
}

/// One party's part.
struct ModelParty: ParsableArguments {
    @Option(help: "The party's role, where the site has several.") var role: String?
    @Option(help: "The party's id, where the site has several.") var party: String?

    var query: [String: String?] { ["role": role, "party": party] }
}

struct ModelList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List kept versions, newest first.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await carryOut(json: options.json) {
            let models = try await options.client().get([ModelSummary].self, SiteClient.path("models"))
            if options.json { return try Printing.json(models) }
            Printing.table(
                ["VERSION", "ROLE", "PARTY", "ORIGIN", "FROM", "CREATED", "MODEL", "TAGS"],
                models.map {
                    [
                        $0.version, $0.role, $0.party, $0.origin, $0.source ?? "", Printing.time($0.created),
                        $0.modelID, $0.tags.joined(separator: ","),
                    ]
                })
        }
    }
}

struct ModelShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a version: its components at each party.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var name: ModelName

    func run() async throws {
        try await carryOut(json: options.json) {
            let parts = try await options.client().get([ModelDetail].self, name.path())
            if options.json { return try Printing.json(parts) }
            for part in parts {
                let summary = part.summary
                print("model     \(summary.modelID)")
                print("version   \(summary.version), \(summary.origin)\(summary.source.map { " of \($0)" } ?? "")")
                print("party     \(summary.role):\(summary.party), initiator \(summary.initiator)")
                print("deployed  \(summary.deployed ? "yes" : "no")")
                for component in part.components {
                    print("  \(component.task).\(component.name) (\(component.module))")
                }
            }
        }
    }
}

struct ModelDeploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy", abstract: "Make a version that predict jobs may run, at every party or at none.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var name: ModelName
    @Option(help: "The components that are deployed, with commas; all unless said.") var components: String?
    @Option(help: "File of a DSL for predict jobs of your own.") var dsl: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            var body: JSONObject = [
                "model_id": .string(try await name.id(client)), "model_version": .string(name.version),
            ]
            body["components"] = components.map { .array($0.split(separator: ",").map { .string(String($0)) }) }
            body["predict_dsl"] = try dsl.map { try readJSON($0, "dsl") }
            let view = try await client.call(
                ModelChangeView.self, .POST, SiteClient.path("models", "deploy"), body: .object(body))
            try ModelPrinting.change(view, json: options.json)
        }
    }
}

struct ModelMigrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Make a version for other party ids, at every party or at none.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var name: ModelName
    @Option(help: "What a party becomes, for each party: guest:9999=99.") var move: [String]

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            let moves = try move.map { text -> JSON in
                let parts = text.split(whereSeparator: { $0 == ":" || $0 == "=" }).map(String.init)
                guard parts.count == 3 else {
                    throw SiteError.invalid("A move is written as guest:9999=99", field: "--move")
                }
                return ["role": .string(parts[0]), "from": .string(parts[1]), "to": .string(parts[2])]
            }
            let body: JSON = [
                "model_id": .string(try await name.id(client)), "model_version": .string(name.version),
                "moves": .array(moves),
            ]
            let view = try await client.call(
                ModelChangeView.self, .POST, SiteClient.path("models", "migrate"), body: body)
            try ModelPrinting.change(view, json: options.json)
        }
    }
}

enum ModelPrinting {
    static func change(_ view: ModelChangeView, json: Bool) throws {
        if json { return try Printing.json(view) }
        print("model    \(view.modelID)")
        print("version  \(view.version)")
        print("status   \(view.status)")
        if let waiting = view.waiting { print("waiting  \(waiting)") }
        for part in view.parties where !part.done { print("  \(part.role):\(part.party) has not confirmed it yet") }
    }
}

struct ModelDSL: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dsl", abstract: "Print what predict jobs of a deployed version run.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var name: ModelName

    func run() async throws {
        try await carryOut(json: options.json) {
            print(String(decoding: try await options.client().data(.GET, name.path("predict_dsl")), as: UTF8.self))
        }
    }
}

struct ModelConf: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conf", abstract: "Print a conf for predict jobs of a version, with tables to be filled in.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var name: ModelName

    func run() async throws {
        try await carryOut(json: options.json) {
            print(String(decoding: try await options.client().data(.GET, name.path("predict_conf")), as: UTF8.self))
        }
    }
}

struct ModelExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write one party's part of a version as a ZIP file.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var name: ModelName
    @OptionGroup var party: ModelParty
    @Option(name: .shortAndLong, help: "The file.") var output: String

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            let response = try await client.send(
                client.request(.GET, name.path("archive", query: party.query)),
                seconds: SiteClient.uploadTimeoutSeconds)
            let buffer = try await response.body.collect(upTo: 1 << 30)
            let digest = response.headers.first(name: "X-Content-SHA256") ?? ""
            try writePrivateFile(Data(buffer.readableBytesView), to: URL(filePath: output))
            if options.json { return try Printing.json(["file": output, "digest": digest]) }
            print("\(output): \(buffer.readableBytes) bytes\nsha256 \(digest)")
        }
    }
}

struct ModelImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Keep a part that was exported, for a party of the site.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The ZIP file.") var file: String
    @Option(help: "SHA-256 of the file, as the export printed it.") var digest: String?
    @Flag(help: "Replace a version that is there.") var replace = false

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            guard let data = FileManager.default.contents(atPath: file) else {
                throw SiteError("file_not_read", "The file \(file) cannot be read", field: "file")
            }
            let path = SiteClient.path(
                "models", "import", query: ["digest": digest, "replace": replace ? "true" : nil])
            var request = client.request(.POST, path)
            request.headers.add(name: "Content-Type", value: "application/zip")
            request.body = .bytes(ByteBuffer(bytes: data))
            let response = try await client.send(request, seconds: SiteClient.uploadTimeoutSeconds)
            let body = try await response.body.collect(upTo: SiteClient.answerBytesMaximum)
            let detail = try JSONDecoder().decode(ModelDetail.self, from: Data(body.readableBytesView))
            if options.json { return try Printing.json(detail) }
            let summary = detail.summary
            print("\(summary.modelID) \(summary.version) of \(summary.role):\(summary.party)")
        }
    }
}

struct ModelRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a kept version at one party.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var name: ModelName
    @OptionGroup var party: ModelParty

    func run() async throws {
        try await carryOut(json: options.json) {
            _ = try await options.client().data(.DELETE, name.path(query: party.query))
            if options.json { try Printing.json(["done": true]) } else { print("removed") }
        }
    }
}

struct ModelTagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "List tags, or put one on a version or take it off.")

    @OptionGroup var options: ServerOptions
    @Argument(help: "The version; without it the tags are listed.") var version: String?
    @Argument(help: "The tag.") var tag: String?
    @Flag(help: "Take it off.") var remove = false

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            guard let version else {
                let tags = try await client.get([ModelTagView].self, SiteClient.path("model_tags"))
                if options.json { return try Printing.json(tags) }
                return Printing.table(
                    ["TAG", "VERSIONS", "DESCRIPTION"],
                    tags.map { [$0.name, $0.versions.joined(separator: ","), $0.description] })
            }
            guard let tag else { throw SiteError.invalid("Which tag?", field: "tag") }
            _ = try await client.data(remove ? .DELETE : .PUT, SiteClient.path("models", version, "tags", tag))
            if options.json { try Printing.json(["done": true]) } else { print(remove ? "taken off" : "tagged") }
        }
    }
}
