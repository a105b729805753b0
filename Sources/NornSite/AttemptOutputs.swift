import Dispatch
import Foundation
import Glibc
import NornFlow
import NornManifest
import NornStore
import NornWorkers

/// Takes what a successful attempt made out of its scratch folder: tables and files are renamed into the home, so that
/// each is there whole or not at all.
struct OutputKeeper: Sendable {
    let home: SiteHome

    /// All of them, or none: when one cannot be kept, those before it are removed, since no row will point to them.
    func keep(
        _ outputs: [ReportedOutput], of order: AttemptOrder, plan: AttemptPlan
    ) async throws -> [ArtifactRecord] {
        guard !outputs.isEmpty else { return [] }
        // The disk is waited for on a thread that nothing else needs.
        return try await withCheckedThrowingContinuation { continuation in
            Self.disk.async { continuation.resume(with: Result { try kept(outputs, of: order, plan: plan) }) }
        }
    }

    private static let disk = DispatchQueue(label: "norn.outputs", attributes: .concurrent)

    private func kept(
        _ outputs: [ReportedOutput], of order: AttemptOrder, plan: AttemptPlan
    ) throws -> [ArtifactRecord] {
        let names = Self.names(order.task, plan.component)
        var counts: [String: Int] = [:]
        var kept: [ArtifactRecord] = []
        do {
            for output in outputs {
                let position = counts[output.name, default: 0]
                counts[output.name] = position + 1
                var record = try record(output, order: order, plan: plan)
                record.name = names[output.name] ?? output.name
                record.position = position
                kept.append(record)
            }
            // The engine synced the tables; their new names are durable before the catalogue's rows tell of them.
            let moved = kept.filter { !plan.inputPaths.contains($0.path) }
            for folder in Set(moved.map { URL(filePath: $0.path).deletingLastPathComponent() }) { try sync(folder) }
        } catch {
            for record in kept where !plan.inputPaths.contains(record.path) {
                try? FileManager.default.removeItem(atPath: record.path)
            }
            throw error
        }
        return kept
    }

    /// Port name -> the name that the job gave to the output at the same place among those of its kind.
    static func names(_ task: JobTask, _ component: ComponentDeclaration) -> [String: String] {
        var names: [String: String] = [:]
        let kinds: [(ArtifactKind, PortKind)] = [(.data, .table), (.model, .model), (.cache, .cache)]
        for (artifact, port) in kinds {
            let given = task.outputs.filter { $0.kind == artifact }.map(\.name)
            let ports = component.outputs.filter { $0.kind == port }.map(\.name)
            for (portName, name) in zip(ports, given) { names[portName] = name }
        }
        return names
    }

    private func record(_ output: ReportedOutput, order: AttemptOrder, plan: AttemptPlan) throws -> ArtifactRecord {
        let attempt = order.attempt
        var record = ArtifactRecord(
            job: attempt.job, task: attempt.task, attempt: attempt.number, role: attempt.party.role.rawValue,
            party: attempt.party.id, name: output.name, position: 0, kind: "table", path: "")
        switch output.artifact {
        case .table(let engine, let descriptor, let schema, let rows, let partitions, let isInput):
            let path = String(decoding: descriptor, as: UTF8.self)
            record.engine = engine
            record.schema = Data(schema)
            record.rows = Int64(rows)
            record.partitions = partitions
            if isInput {
                guard plan.inputPaths.contains(path) else { throw Self.foreign(output.name) }
                record.path = path
            } else {
                record.path = try move(path, into: home.tables, plan: plan, name: output.name)
            }
        case .file(let kind, let path):
            record.kind = kind
            record.path = try move(
                path, into: kind == "file" ? home.uploads : home.models, plan: plan, name: output.name)
        }
        return record
    }

    private func move(_ path: String, into folder: URL, plan: AttemptPlan, name: String) throws -> String {
        let source = path.hasPrefix("/") ? URL(filePath: path) : URL(filePath: plan.start.scratch).appending(path: path)
        guard source.standardizedFileURL.path.hasPrefix(plan.start.scratch + "/"), !path.contains("/../") else {
            throw Self.foreign(name)
        }
        let target = folder.appending(path: FreshID.hexadecimal(bytes: 16))
        guard rename(source.path, target.path) == 0 else {
            throw SiteError(
                "output_not_kept", "The output \(name) cannot be kept: \(String(cString: strerror(errno)))",
                hint: "Check the disk of the home")
        }
        return target.path
    }

    private func sync(_ folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw SiteError(
                "output_not_kept", "The outputs cannot be made durable: \(String(cString: strerror(errno)))",
                hint: "Check the disk of the home")
        }
    }

    private static func foreign(_ name: String) -> SiteError {
        SiteError("output_not_kept", "The output \(name) is not of this attempt")
    }
}
