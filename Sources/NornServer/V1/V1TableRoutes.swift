import Foundation
import HTTPTypes
import NornDialects
import NornManifest
import NornSite

/// Tables as FATE's clients see them.
enum V1TableRoutes {
    static let all: [V1Route] = [
        V1Route(path: "/v1/table/table_info", right: .data, handle: info),
        V1Route(
            path: "/v1/table/preview", right: .data, failure: .exception, refusalStatus: V1Answers.nothingToDownload,
            handle: preview),
        V1Route(path: "/v1/table/delete", right: .data, handle: delete),
        V1Route(path: "/v1/table/disable", right: .data) { call in try await setEnabled(false, call) },
        V1Route(path: "/v1/table/enable", right: .data) { call in try await setEnabled(true, call) },
        V1Route(path: "/v1/table/disable/delete", right: .data) { call in
            .data(list(try await call.site.tables.removeDisabled(call.caller)))
        },
        V1Route(path: "/v1/table/tracking/source", right: .data, handle: sources),
        V1Route(path: "/v1/table/tracking/job", right: .data, handle: jobs),
        V1Route(path: "/v1/data/writer", right: .data, failure: .exception, handle: write),
        V1Route(path: "/v1/data/upload/history", right: .data, handle: history),
    ]

    static let historyMaximum = 1000

    /// The namespace and the name of a table; the name goes by either word.
    static func names(_ call: V1Request) throws -> (namespace: String, name: String) {
        let name = try call.text("table_name") ?? call.text("name")
        let namespace = try call.text("namespace")
        let missing = [name == nil ? "table_name" : nil, namespace == nil ? "namespace" : nil].compactMap { $0 }
        guard let name, let namespace else {
            throw V1Refusal(.argument, "required argument are missing: \(missing.joined(separator: ",")); ")
        }
        return (namespace, name)
    }

    @Sendable private static func info(_ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = try names(call)
        var data: JSONObject = ["table_name": .string(name), "namespace": .string(namespace), "exist": 0]
        let view: TableView
        do {
            view = try await call.site.tables.show(namespace, name, call.caller)
        } catch let error as SiteError where error.code == "table_not_found" {
            return .data(.object(data))
        }
        data["exist"] = 1
        data["count"] = .int(Int(view.rows))
        data["partition"] = .int(view.partitions)
        data["enable"] = .bool(try await !call.site.tables.isDisabled(namespace, name))
        data["origin"] = "table"
        data["schema"] = V1Schema.json(view.schema)
        data["extend_sid"] = .bool(view.schema["id_name"]?.asString == "extend_sid")
        data["address"] = [
            "name": .string(name), "namespace": .string(namespace), "storage_type": .string(view.engine),
        ]
        return .data(.object(data))
    }

    /// The first rows of a table, ids first.
    @Sendable private static func preview(_ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = try names(call)
        let limit = try call.integer("limit", in: 1...V1TableRows.rowsMaximum) ?? V1TableRows.rowsMaximum
        let view: TableView
        do {
            view = try await call.site.tables.show(namespace, name, call.caller)
        } catch let error as SiteError where error.code == "table_not_found" {
            throw V1Refusal(.nothingToDownload, "no find table \(namespace)/\(name)")
        }
        let file = try await call.site.download(namespace, name, call.caller)
        defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
        let read = try V1TableRows(file, skipping: 0, limit: limit)
        return .reply(
            V1Reply(
                .array(read.rows.map { .array($0.map { .string($0) }) }),
                meta: ["header": .array(read.header.map { .string($0) }), "total": .int(Int(view.rows))]))
    }

    @Sendable private static func delete(_ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = try names(call)
        do {
            try await call.site.tables.remove(namespace, name, call.caller)
        } catch let error as SiteError where error.code == "table_not_found" {
            throw V1Refusal(.argument, "no find table \(namespace)/\(name)")
        }
        return .data(["table_name": .string(name), "namespace": .string(namespace)])
    }

    private static func list(_ tables: [TableView]) -> JSON {
        .array(tables.map { ["table_name": .string($0.name), "namespace": .string($0.namespace)] })
    }

    private static func setEnabled(_ isEnabled: Bool, _ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = (try call.text("namespace"), try call.text("table_name") ?? call.text("name"))
        guard namespace != nil || name != nil else {
            throw V1Refusal(.argument, "required argument are missing: namespace or table_name; ")
        }
        return .data(
            list(
                try await call.site.tables.setEnabled(isEnabled, namespace: namespace, name: name, call.caller)))
    }

    // MARK: Where tables come from and go to

    @Sendable private static func sources(_ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = try names(call)
        let sources = try await call.site.sources(namespace, name, call.caller)
        return .data(
            .array(
                sources.map { source in
                    [
                        "parent_table_name": .string(source.name), "parent_table_namespace": .string(source.namespace),
                        "source_table_name": .string(source.name), "source_table_namespace": .string(source.namespace),
                    ]
                }))
    }

    @Sendable private static func jobs(_ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = try names(call)
        let jobs = try await call.site.jobsReading(namespace, name, call.caller)
        return .data(["count": .int(jobs.count), "job": .array(jobs.map { .string($0) })])
    }

    /// Gives a table a further name. Other storage than the site's own is not written.
    @Sendable private static func write(_ call: V1Request) async throws -> V1Answer {
        let (namespace, name) = try names(call)
        guard call["storage_engine"] == nil, call["address"] == nil else {
            throw SiteError.invalid(
                "This version writes no external storage", field: "storage_engine",
                hint: "Name the new table by output_name and output_namespace")
        }
        let target = try call.require("output_namespace", "output_name")
        let view = try await call.site.tables.copy(namespace, name, to: (target[0], target[1]), call.caller)
        return .data([
            "table_name": .string(view.name), "namespace": .string(view.namespace), "count": .int(Int(view.rows)),
        ])
    }

    @Sendable private static func history(_ call: V1Request) async throws -> V1Answer {
        let limit = try call.integer("limit", in: 0...historyMaximum) ?? 10
        let uploads = try await call.site.uploads(
            job: call.text("job_id"), limit: limit == 0 ? historyMaximum : limit, call.caller)
        return .data(.array(uploads.map(Self.row)))
    }

    private static func row(_ upload: UploadRecordView) -> JSON {
        let info: JSON = [
            "table_name": .string(upload.name), "namespace": .string(upload.namespace),
            "partition": .int(upload.partitions), "upload_count": .int(Int(upload.rows)),
        ]
        let about: JSON = ["upload_info": info, "notes": "", "schema": upload.schema.map(V1Schema.json) ?? [:]]
        return .object([upload.job: about])
    }
}
