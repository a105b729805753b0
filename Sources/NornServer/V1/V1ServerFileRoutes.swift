import Foundation
import HTTPTypes
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// What FATE's clients let the server read and write on its own machine: only below the folders of `data.folders`.
enum V1ServerFileRoutes {
    /// Engines of FATE whose address is a path.
    static let pathEngines: Set<String> = ["PATH", "LOCALFS"]

    static let all: [V1Route] = [
        V1Route(path: "/v1/table/bind", right: .data, failure: .exception, handle: bind),
        V1Route(path: "/v1/table/add", right: .data, failure: .exception, handle: bind),
        V1Route(path: "/v1/data/download", right: .data, failure: .exception, handle: download),
        V1Route(
            path: "/v1/template/download", right: .read, failure: .notFound, refusalStatus: .notFound,
            handle: template),
    ]

    /// Takes a text file of the server over as a table. FATE notes the path only; a table of Norn does not change, so the
    /// rows are read once, now.
    @Sendable private static func bind(_ call: V1Request) async throws -> V1Answer {
        let missing = ["engine", "address", "namespace", "name"].filter { call[$0] == nil }
        guard missing.isEmpty else {
            throw V1Refusal(.argument, "required argument are missing: \(missing.joined(separator: ",")); ")
        }
        let names = try call.require("engine", "namespace", "name")
        guard pathEngines.contains(names[0].uppercased()) else {
            throw SiteError.invalid(
                "engine \(names[0].prefix(40)) is not one that this version binds", field: "engine",
                hint: "Bind a path: \(pathEngines.sorted().joined(separator: " or "))")
        }
        guard let path = try call.object("address")?["path"]?.asString else {
            throw SiteError.invalid("The address has no path", field: "address.path")
        }
        let file = try call.site.servedFile(path, field: "address.path")
        guard try file.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else {
            throw SiteError.invalid(
                "No component of this version reads a folder", field: "address.path", hint: "Bind a text file")
        }
        for name in ["id_column", "feature_column", "in_serialized", "schema", "options"] where call[name] != nil {
            throw SiteError.invalid("A text file is bound without \(name)", field: name)
        }
        var request = UploadRequest(
            namespace: names[1], name: names[2], party: try call.ownerParty(), head: try call.flag("head") ?? true,
            delimiter: call["id_delimiter"]?.asString ?? ",",
            partitions: try call.integer("partitions", in: V1Upload.partitions), engine: nil)
        request.replaces = try call.flag("drop") ?? false
        request.extendSID = try call.flag("extend_sid") ?? false
        request.mayBeOfEveryParty = true
        request.meta = try V1Meta.read(call)
        let view: UploadView
        do {
            let asked = request
            view = try await Task { try await call.site.upload(asked, file: file, call.caller) }.value
        } catch let error as SiteError where error.code == "table_exists" {
            throw V1Refusal(
                .exception, "The data table already exists. To replace it, add drop (drop): \(error.message)")
        }
        let data: JSON = [
            "table_name": .string(view.table.name), "namespace": .string(view.table.namespace),
            "count": .int(Int(view.table.rows)),
        ]
        return .reply(V1Reply(data, job: view.job))
    }

    /// Writes a table as a text file of the server.
    @Sendable private static func download(_ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = try V1TableRoutes.names(call)
        let target = try call.site.servedNewFile(try call.require("output_path")[0], field: "output_path")
        let download = try await call.site.downloaded(
            namespace, name, delimiter: call["delimiter"]?.asString ?? ",", call.caller)
        defer { try? FileManager.default.removeItem(at: download.file.deletingLastPathComponent()) }
        // Beside the target first, so that nobody sees half a file.
        let part = target.deletingLastPathComponent().appending(path: ".\(download.job).part")
        do {
            try FileManager.default.copyItem(at: download.file, to: part)
            guard rename(part.path, target.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        } catch {
            try? FileManager.default.removeItem(at: part)
            throw SiteError(
                "file_not_written", "The file cannot be written there", field: "output_path",
                hint: "Look whether the folder may be written to, and has room")
        }
        let data: JSON = ["table_name": .string(name), "namespace": .string(namespace)]
        return .reply(V1Reply(data, job: download.job))
    }

    /// The examples that came with Norn: data, confs and DSLs.
    @Sendable private static func template(_ call: V1Request) async throws -> V1Answer {
        let examples = InstalledTree.current().examples
        let names = (try? FileManager.default.contentsOfDirectory(atPath: examples.path)) ?? []
        guard !names.isEmpty else { throw V1Refusal(.notFound, "no examples are installed with this server") }
        let archive = try call.site.newUploadFile()
        do {
            var tar = try TarFile(archive)
            for name in names.sorted() {
                try tar.add("template_examples/\(name)", contentsOf: examples.appending(path: name))
            }
            try tar.finish()
        } catch {
            try? FileManager.default.removeItem(at: archive.deletingLastPathComponent())
            throw error
        }
        return .file(archive, name: "template_examples.tar.gz", mediaType: "application/gzip")
    }
}

extension V1Request {
    /// Whose a table is to be; 0 is nobody in particular.
    func ownerParty() throws -> String? {
        try text("party_id").flatMap { $0 == Party.v1LocalID ? nil : $0 }
    }
}
