import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NornManifest
import NornSite

struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Tables of a site.",
        subcommands: [
            DataUpload.self, DataList.self, DataShow.self, DataDownload.self, DataDelete.self, DataGrant.self,
        ])
}

/// The name of a table.
struct TableName: ParsableArguments {
    @Option(name: .shortAndLong, help: "The table's name.") var name: String
    @Option(name: [.long, .customShort("s")], help: "The table's namespace.") var namespace: String

    /// The table's route, with more parts after it.
    func path(_ more: String..., query: [String: String?] = [:]) -> String {
        SiteClient.path(["tables", namespace, name] + more, query: query)
    }
}

struct DataUpload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload", abstract: "Upload a CSV file as a table.",
        discussion: """
            The first column is the id. An earlier version of the name is replaced in one step. With --merge its rows \
            stay, but those of the same ids, which are overwritten: also in one step.
            """)

    static let chunkBytes = 262_144

    @OptionGroup var options: ServerOptions
    @OptionGroup var table: TableName
    @Argument(help: "The CSV file.") var file: String
    @Option(help: "The party that owns the table.") var party: String?
    @Option(help: "Between columns.") var delimiter = ","
    @Option(help: "Partitions of the table.") var partitions: Int?
    @Option(help: "Engine that keeps it.") var engine: String?
    @Flag(help: "The file has no line of column names.") var noHead = false
    @Flag(help: "Put the rows over those of the table: the same ids are overwritten, new ones added.") var merge = false

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            let path = table.path(query: [
                "party": party, "delimiter": delimiter, "partitions": partitions.map { String($0) }, "engine": engine,
                "head": noHead ? "false" : nil, "merge": merge ? "true" : nil,
            ])
            let view = try await DataTransfer.upload(
                client, file: file, path: path, showsProgress: !options.json && Printing.isTerminal)
            if options.json { return try Printing.json(view) }
            print(
                "\(view.table.namespace)/\(view.table.name): \(view.table.rows) rows in \(view.table.partitions) partitions"
            )
        }
    }
}

/// Files on their way to a site.
enum DataTransfer {
    static func upload(
        _ client: SiteClient, file: String, path: String, showsProgress: Bool = false
    ) async throws -> UploadView {
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw SiteError("file_not_read", "The file \(file) cannot be read", field: "file")
        }
        let size = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int64) ?? 0
        var request = client.request(.POST, path)
        request.headers.add(name: "Content-Type", value: "text/csv")
        request.body = .stream(
            FileChunks(handle: handle, bytes: size, showsProgress: showsProgress), length: .known(size))
        let response = try await client.send(request, seconds: SiteClient.uploadTimeoutSeconds)
        let body = try await response.body.collect(upTo: 16 * 1_048_576)
        return try JSONDecoder().decode(UploadView.self, from: Data(body.readableBytesView))
    }
}

/// A file in pieces, with a bar while it goes.
struct FileChunks: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let handle: FileHandle
    let bytes: Int64
    let showsProgress: Bool

    struct AsyncIterator: AsyncIteratorProtocol {
        let chunks: FileChunks
        var sent: Int64 = 0
        var shown: Int64 = -1

        mutating func next() async throws -> ByteBuffer? {
            guard let data = try chunks.handle.read(upToCount: DataUpload.chunkBytes), !data.isEmpty else {
                if chunks.showsProgress, sent > 0 { FileHandle.standardError.write(Data("\n".utf8)) }
                try chunks.handle.close()
                return nil
            }
            sent += Int64(data.count)
            let percent = chunks.bytes > 0 ? sent * 100 / chunks.bytes : 100
            if chunks.showsProgress, percent != shown {
                shown = percent
                FileHandle.standardError.write(Data("\rupload \(percent) %".utf8))
            }
            return ByteBuffer(bytes: data)
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(chunks: self) }
}

struct DataList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the site's tables.")

    @OptionGroup var options: ServerOptions

    func run() async throws {
        try await carryOut(json: options.json) {
            let tables = try await options.client().get([TableView].self, SiteClient.path("tables"))
            if options.json { return try Printing.json(tables) }
            Printing.table(
                ["NAMESPACE", "NAME", "ROWS", "PARTITIONS", "ENGINE", "OWNER", "CREATED", "GRANTS"],
                tables.map {
                    [
                        $0.namespace, $0.name, String($0.rows), String($0.partitions), $0.engine, $0.owner,
                        Printing.time($0.created), $0.grants.map(\.partner).joined(separator: ","),
                    ]
                })
        }
    }
}

struct DataShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a table: schema, grants, first rows.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var table: TableName
    @Option(help: "How many rows.") var rows: Int?

    func run() async throws {
        try await carryOut(json: options.json) {
            let path = table.path("preview", query: ["rows": rows.map { String($0) }])
            let preview = try await options.client().get(TablePreview.self, path)
            if options.json { return try Printing.json(preview) }
            let view = preview.table
            print("table       \(view.namespace)/\(view.name)")
            print("rows        \(view.rows) in \(view.partitions) partitions, engine \(view.engine)")
            print("owner       \(view.owner), created \(Printing.time(view.created))")
            print("schema      \(view.schema.text())")
            for grant in view.grants {
                print(
                    "granted to  \(grant.partner)\(grant.components.map { " for \($0.joined(separator: ", "))" } ?? "")"
                )
            }
            print("")
            Printing.table(
                preview.header,
                preview.rows.map { row in
                    preview.header.indices.map { $0 < row.count ? row[$0] : "" }
                })
        }
    }
}

struct DataDownload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "download", abstract: "Write a table as CSV.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var table: TableName
    @Option(name: .shortAndLong, help: "The file; standard output unless said.") var output: String?

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            let response = try await client.send(
                client.request(.GET, table.path("content")), seconds: SiteClient.uploadTimeoutSeconds)
            let handle = try output.map(Self.open) ?? .standardOutput
            var bytes = 0
            for try await buffer in response.body {
                bytes += buffer.readableBytes
                try handle.write(contentsOf: Data(buffer.readableBytesView))
            }
            if let output {
                try handle.close()
                if options.json { try Printing.json(["bytes": bytes]) } else { print("\(output): \(bytes) bytes") }
            }
        }
    }

    private static func open(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw SiteError("file_not_written", "The file \(path) cannot be written", field: "--output") }
        return handle
    }
}

struct DataDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Forget a table and its grants.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var table: TableName

    func run() async throws {
        try await carryOut(json: options.json) {
            _ = try await options.client().data(.DELETE, table.path())
            if options.json { try Printing.json(["done": true]) } else { print("deleted") }
        }
    }
}

struct DataGrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Let a partner's jobs read a table, or take that back.")

    @OptionGroup var options: ServerOptions
    @OptionGroup var table: TableName
    @Option(help: "Party id whose jobs may read it.") var to: String
    @Option(help: "Only jobs whose components are all among these, with commas.") var components: String?
    @Flag(help: "Take the grant back.") var revoke = false

    func run() async throws {
        try await carryOut(json: options.json) {
            let client = try options.client()
            let path = table.path("grants", to)
            var body = JSONObject()
            if let components {
                body["components"] = .array(components.split(separator: ",").map { .string(String($0)) })
            }
            let view = try await client.call(
                TableView.self, revoke ? .DELETE : .PUT, path, body: revoke ? nil : .object(body))
            if options.json { return try Printing.json(view) }
            let partners = view.grants.map(\.partner).joined(separator: ", ")
            print("\(view.namespace)/\(view.name) is granted to \(partners.isEmpty ? "nobody" : partners)")
        }
    }
}
