import Foundation
import HTTPTypes
import NornDialects
import NornFlow
import NornManifest
import NornSite

/// Tables that a component made at a party, as FATE's clients fetch them.
enum V1OutputRoutes {
    static let all: [V1Route] = [
        V1Route(
            path: "/v1/tracking/component/output/data/download", method: .get, right: .data,
            refusalStatus: V1Answers.nothingToDownload, handle: download),
        V1Route(path: "/v1/tracking/component/output/data", right: .data, handle: rows),
        V1Route(path: "/v1/tracking/component/output/data/table", right: .read, failure: .exception, handle: tables),
        V1Route(path: "/v1/job/data/view/query", right: .read, handle: view),
    ]

    private static func outputs(_ place: V1Component, _ call: V1Request) async throws -> [OutputTableView] {
        try await call.site.outputTables(
            job: place.job.id, task: place.task.name, role: place.party.role.rawValue, party: place.party.id,
            call.caller)
    }

    @Sendable private static func tables(_ call: V1Request) async throws -> V1Answer {
        let place = try await V1Component(call)
        let rows = try await outputs(place, call).map { output -> JSON in
            [
                "table_name": .string(output.table.name), "table_namespace": .string(output.table.namespace),
                "data_name": .string(output.output),
            ]
        }
        guard !rows.isEmpty else {
            throw V1Refusal(.exception, "no output data of \(place.task.name) at \(place.party.v1Text)")
        }
        return .data(.array(rows))
    }

    @Sendable private static func download(_ call: V1Request) async throws -> V1Answer {
        let place = try await V1Component(call)
        let limit = try call.integer("limit", in: -1...Int(Int32.max)) ?? -1
        let hasHead = try call.flag("head") ?? true
        let found = try await outputs(place, call)
        guard !found.isEmpty else { throw V1Refusal(.nothingToDownload, "no data") }
        let archive = try await V1DataArchive(site: call.site, caller: call.caller, limit: limit, hasHead: hasHead)
            .write(found.map { ($0.output, $0.table) })
        return .file(archive, name: "\(place.task.name)_output_data.tar.gz", mediaType: "application/gzip")
    }

    /// A page of each table, 100 rows of it at most: what a board shows.
    @Sendable private static func rows(_ call: V1Request) async throws -> V1Answer {
        let place = try await V1Component(call)
        let limit = try call.integer("limit", in: 1...V1TableRows.rowsMaximum) ?? V1TableRows.rowsMaximum
        let page = try call.integer("page", in: 1...V1TableRows.pageMaximum) ?? 1
        var (data, header, total, names) = ([JSON](), [JSON](), [JSON](), [JSON]())
        for output in try await outputs(place, call) {
            let file = try await call.site.download(output.table.namespace, output.table.name, call.caller)
            defer { try? FileManager.default.removeItem(at: file.deletingLastPathComponent()) }
            let read = try V1TableRows(file, skipping: (page - 1) * limit, limit: limit)
            data.append(.array(read.rows.map { .array($0.map { .string($0) }) }))
            header.append(.array(read.header.map { .string($0) }))
            total.append(.int(Int(output.table.rows)))
            names.append(.string(output.output))
        }
        return .reply(
            V1Reply(
                .array(data), message: data.isEmpty ? "no data" : "success",
                meta: ["header": .array(header), "total": .array(total), "names": .array(names)]))
    }

    /// Every table that the jobs which the request means put out here.
    @Sendable private static func view(_ call: V1Request) async throws -> V1Answer {
        var rows: [V1Row] = []
        for facts in try await V1JobQueryRoutes.candidates(call) {
            for (party, job) in facts.parties {
                for task in job.tasks where task.parties.contains(party) {
                    let found = try await call.site.outputTables(
                        job: job.id, task: task.name, role: party.role.rawValue, party: party.id, call.caller)
                    let version = facts.tasks.first { $0.task == task.name }?.attempt ?? 0
                    rows += found.map { V1DataRow(job: job, task: task, party: party, version: version).row($0) }
                }
            }
        }
        let filter = V1Filter(call.body, columns: rows.first?.columns ?? [:])
        let kept = filter.isEmpty ? [] : rows.filter(filter.matches)
        guard !kept.isEmpty else { throw V1Refusal(.argument, "no output data could be found") }
        return .data(.array(kept.map(\.prefixed)))
    }
}

/// Where an output of a task is, as FATE-Flow's table `t_tracking_output_data_info` has it.
private struct V1DataRow {
    let job: Job
    let task: JobTask
    let party: Party
    let version: Int

    func row(_ output: OutputTableView) -> V1Row {
        V1Row([
            "job_id": .string(job.id), "task_id": .string("\(job.id)_\(task.name)"), "task_version": .int(version),
            "component_name": .string(task.name), "data_name": .string(output.output),
            "role": .string(party.role.rawValue), "party_id": .string(party.v1ID),
            "table_name": .string(output.table.name), "table_namespace": .string(output.table.namespace),
        ])
    }
}
