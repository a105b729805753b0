import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NornManifest
import NornSite

/// Tables: upload, list, show, download, delete, grant.
enum DataRoutes {
    static let partitionsMaximum = 1024

    static let all: [APIRoute] = [
        APIRoute(
            method: .get, path: "/api/tables", right: .data, summary: "The newest version of every table.",
            answer: .jsonArray(of: "Table"),
            handle: { call in try Answers.json(try await call.site.tables.list(call.caller)) }),
        APIRoute(
            method: .post, path: "/api/tables/{namespace}/{name}", right: .data,
            summary: "Upload CSV as a table; an earlier version of the name is replaced in one step.",
            query: [
                .init(name: "party", summary: "the party that owns it; may be left out at a site of one party"),
                .init(name: "head", summary: "whether the first line names the columns; true unless said"),
                .init(name: "delimiter", summary: "between columns; a comma unless said"),
                .init(name: "partitions", summary: "partitions of the table", isInteger: true),
                .init(name: "engine", summary: "engine that keeps it"),
                .init(
                    name: "merge",
                    summary: "put the rows over those of the table: the same keys are overwritten, new ones added"),
            ], body: .stream(mediaType: "text/csv"), answer: .json("Upload"), status: .created, handle: upload),
        APIRoute(
            method: .get, path: "/api/tables/{namespace}/{name}", right: .data, summary: "A table's schema and grants.",
            answer: .json("Table"),
            handle: { call in
                try Answers.json(
                    try await call.site.tables.show(
                        call.parameter("namespace"), call.parameter("name"), call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/tables/{namespace}/{name}/preview", right: .data,
            summary: "A table's first rows.", query: [.init(name: "rows", summary: "how many", isInteger: true)],
            answer: .json("TablePreview"), needsHeart: true,
            handle: { call in
                let rows = try call.integer("rows", in: 1...1000) ?? call.site.settings.data.previewRows
                return try Answers.json(
                    try await call.site.preview(
                        call.parameter("namespace"), call.parameter("name"), rows: rows, call.caller))
            }),
        APIRoute(
            method: .get, path: "/api/tables/{namespace}/{name}/content", right: .data, summary: "A table as CSV.",
            answer: .stream(mediaType: "text/csv"), needsHeart: true, handle: download),
        APIRoute(
            method: .delete, path: "/api/tables/{namespace}/{name}", right: .data,
            summary: "Forget a table and its grants.", answer: .json("Done"),
            handle: { call in
                try await call.site.tables.remove(call.parameter("namespace"), call.parameter("name"), call.caller)
                return Answers.value(["done": true])
            }),
        APIRoute(
            method: .put, path: "/api/tables/{namespace}/{name}/grants/{partner}", right: .data,
            summary: "Let a partner's jobs read a table; those that wait for nothing else go on.", body: .json("Grant"),
            answer: .json("Table"),
            handle: { call in
                let components = try await strings(call.json(), "components")
                return try Answers.json(
                    try await call.site.grant(
                        call.parameter("namespace"), call.parameter("name"), partner: call.parameter("partner"),
                        components: components, call.caller))
            }),
        APIRoute(
            method: .delete, path: "/api/tables/{namespace}/{name}/grants/{partner}", right: .data,
            summary: "Take a grant back.", answer: .json("Table"),
            handle: { call in
                try Answers.json(
                    try await call.site.revoke(
                        call.parameter("namespace"), call.parameter("name"), partner: call.parameter("partner"),
                        call.caller))
            }),
    ]

    @Sendable static func upload(_ call: APIRequest) async throws -> Response {
        let limit = call.site.settings.data.uploadMegabytes * 1_048_576
        let file = try call.site.newUploadFile()
        defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
        try await store(call.request.body, in: file, limit: limit)
        var request = UploadRequest(
            namespace: try call.parameter("namespace"), name: try call.parameter("name"), party: call.query("party"),
            head: try call.flag("head") ?? true, delimiter: call.query("delimiter") ?? ",",
            partitions: try call.integer("partitions", in: 1...partitionsMaximum), engine: call.query("engine"))
        request.merges = try call.flag("merge") ?? false
        return try Answers.json(try await call.site.upload(request, file: file, call.caller), status: .created)
    }

    private static func store(_ body: RequestBody, in file: URL, limit: Int) async throws {
        var upload = try UploadFile(file, bytesMaximum: limit)
        for try await buffer in body { try upload.write(Data(buffer.readableBytesView)) }
        try upload.finish()
    }

    @Sendable static func download(_ call: APIRequest) async throws -> Response {
        let file = try await call.site.download(call.parameter("namespace"), call.parameter("name"), call.caller)
        return try Answers.file(file, mediaType: "text/csv; charset=utf-8")
    }

    /// A list of texts in a body; nil where it is absent.
    static func strings(_ body: JSON, _ name: String) throws -> [String]? {
        guard let value = body[name], !value.isNull else { return nil }
        guard let array = value.asArray else { throw SiteError.invalid("\(name) is a list of texts", field: name) }
        return try array.enumerated().map { index, element in
            if let text = element.asString { return text }
            if let number = element.asInt { return String(number) }
            throw SiteError.invalid("\(name) is a list of texts", field: "\(name)[\(index)]")
        }
    }
}
