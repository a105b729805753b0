import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// Uploads of FATE's clients: the file comes as a part of the body while its description is the query string, or the
/// description is the body and names a file of the server.
enum V1UploadRoutes {
    static let queryBytesMaximum = 65_536

    static let all: [V1Route] = [
        V1Route(
            path: "/v1/data/upload", right: .data, failure: .exception, handle: uploadOfServer,
            handleParts: uploadOfClient)
    ]

    /// A file of the server.
    @Sendable private static func uploadOfServer(_ call: V1Request) async throws -> V1Answer {
        let upload = try V1Upload(call)
        let file = try call.site.servedFile(try call.require("file")[0], field: "file")
        return try await take(upload, file, call)
    }

    /// A file that comes with the request.
    @Sendable private static func uploadOfClient(_ request: V1PartsRequest) async throws -> V1Answer {
        var (opened, parts) = try await request.opened()
        opened = opened.with(try description(request.request))
        let call = opened
        try V1Router.checkParty(call.body, call.caller)
        let upload = try V1Upload(call)
        try await refuseTaken(upload, call)
        let file = try call.site.newUploadFile()
        defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
        var kept = try UploadFile(file, bytesMaximum: call.site.settings.data.uploadMegabytes * 1_048_576)
        try await parts.readFile("file") { try kept.write(Data($0)) }
        try kept.finish()
        return try await take(upload, file, call)
    }

    /// Before the file is sent for nothing.
    private static func refuseTaken(_ upload: V1Upload, _ call: V1Request) async throws {
        guard !upload.request.replaces,
            try await call.site.tables.isTaken(upload.request.namespace, upload.request.name)
        else { return }
        throw V1Refusal(.exception, V1Upload.exists)
    }

    private static func take(_ upload: V1Upload, _ file: URL, _ call: V1Request) async throws -> V1Answer {
        // In a task of its own: a client that goes away does not leave a table half-named.
        let work = Task { try await call.site.upload(upload.request, file: file, call.caller) }
        let view: UploadView
        do {
            view = try await work.value
        } catch let error as SiteError where error.code == "table_exists" {
            throw V1Refusal(.exception, "\(V1Upload.exists) (\(error.message))")
        } catch let error as SiteError {
            throw V1Upload.inItsWords(error)
        }
        let facts = try await call.site.jobFacts(view.job, call.caller)
        var data: JSONObject = [
            "table_name": .string(view.table.name), "namespace": .string(view.table.namespace),
            "job_id": .string(view.job), "count": .int(Int(view.table.rows)),
        ]
        if let (party, job) = facts.parties.first {
            data["board_url"] = .string(call.site.boardURL(job: view.job, party: party))
            data["model_info"] = ["model_id": .string(job.v1ModelID), "model_version": .string(view.job)]
        }
        return .reply(V1Reply(.object(data), job: view.job))
    }

    /// The whole query string is the description as JSON; other clients send its members as parameters of their own.
    static func description(_ request: Request) throws -> JSON {
        let raw = request.uri.query ?? ""
        guard raw.utf8.count <= queryBytesMaximum, let text = raw.removingPercentEncoding else {
            throw SiteError.invalid("The query string is no description of an upload", field: "query")
        }
        if let json = try? JSON(parsing: text), json.asObject != nil { return json }
        let members = request.uri.queryParameters.map { (String($0.key), JSON.string(String($0.value))) }
        guard members.contains(where: { $0.0 == "namespace" }) else {
            throw SiteError.invalid(
                "The query string is neither JSON nor parameters with a namespace", field: "query")
        }
        return .object(JSONObject(members))
    }
}

/// The description of an upload, checked.
struct V1Upload {
    static let partitions = 1...1023
    static let exists =
        "The data table already exists.If you still want to continue uploading, please add the parameter --drop"
    private static let required = ["namespace", "table_name", "file", "head", "partition"]
    /// Members that say how the server is to compute or store; Norn has one way for all.
    static let ignored: Set<String> = [
        "verbose", "storage_engine", "storage_address", "task_cores", "eggroll_run", "spark_run", "use_local_data",
        "block_size", "backend", "work_mode", "job_id", "output_path", "local", "role", "destination_engine",
    ]
    static let known: Set<String> = [
        "namespace", "table_name", "file", "head", "partition", "id_delimiter", "drop", "extend_sid",
        "auto_increasing_sid", "with_meta", "meta", "schema", "party_id",
    ]

    var request: UploadRequest

    /// An error of the site with the field as the description names it.
    static func inItsWords(_ error: SiteError) -> SiteError {
        let fields = [
            "party": "party_id", "name": "table_name", "delimiter": "id_delimiter", "partitions": "partition",
        ]
        var error = error
        error.field = error.field.map { fields[$0] ?? $0 }
        return error
    }

    init(_ call: V1Request) throws {
        let missing = Self.required.filter { call[$0] == nil }
        guard missing.isEmpty else {
            throw V1Refusal(.exception, "required parameters are missing: \(missing.joined(separator: ",")); ")
        }
        if let strange = call.body.asObject?.keys.first(where: { !Self.known.union(Self.ignored).contains($0) }) {
            let near = NearestName.find(strange, in: Self.known).map { "Did you mean \($0)?" }
            throw SiteError.invalid(
                "An upload has no option \(strange.prefix(40))", field: String(strange.prefix(40)), hint: near)
        }
        let names = try call.require("namespace", "table_name")
        guard let head = try call.flag("head") else { throw SiteError.invalid("head is 0 or 1", field: "head") }
        guard let partitions = try call.integer("partition", in: Self.partitions) else {
            throw SiteError.invalid("partition is a whole number", field: "partition")
        }
        request = UploadRequest(
            namespace: names[0], name: names[1], party: try call.ownerParty(), head: head,
            delimiter: call["id_delimiter"]?.asString ?? ",", partitions: partitions, engine: nil)
        request.replaces = try call.flag("drop") ?? false
        request.extendSID = try call.flag("extend_sid") ?? false
        request.autoIncreasingSID = try call.flag("auto_increasing_sid") ?? false
        request.mayBeOfEveryParty = true
        request.meta = try V1Meta.read(call)
    }
}

extension V1Request {
    /// The same request with another body.
    func with(_ body: JSON) -> V1Request {
        V1Request(request: request, context: context, caller: caller, site: site, body: body)
    }
}
