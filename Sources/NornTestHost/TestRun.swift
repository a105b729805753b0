import Foundation
import NornKit

/// What a run gave, for each party.
public struct TestRun: Sendable {
    let results: [Party: TestResult]
    public let parties: Parties
    /// The run took longer than its limit and was cancelled.
    public let isTimeUp: Bool
    /// What the parties sent to each other, in order.
    public let messages: [SentMessage]

    public var succeeded: Bool { !isTimeUp && results.values.allSatisfy { $0.error == nil } }

    /// The result of a role's party. A role that did not run is an error of the test.
    public subscript(role: Role, index: Int = 0) -> TestResult {
        guard parties[role].indices.contains(index), let result = results[parties[role][index]] else {
            preconditionFailure("This run has no \(role) \(index).")
        }
        return result
    }
}

/// A message of one party to another.
public struct SentMessage: Sendable, Hashable {
    public let name: String
    public let tag: String
    public let from: Party
    public let to: Party
    public let isTable: Bool
    public let byteCount: Int
}

/// What one party's attempt told and handed out.
public struct TestResult: Sendable {
    public let party: Party
    /// nil: it succeeded
    public let error: ComponentError?
    let report: TestReport
    let bench: Workbench
    /// Holds the outputs until the last result is gone.
    let scratch: ScratchFolder

    public var log: [LogLine] { report.log }
    /// As they were reported: {"namespace", "name", "type", "points", "meta"}.
    public var metrics: [CBOR] { report.metrics }
    public var summary: CBOR { report.summary }
    public var modelViews: [String: CBOR] { report.modelViews }
    public var progress: [(done: Int, total: Int, text: String)] { report.progress }
    public var outputNames: [String] { (Array(report.tables.keys) + Array(report.files.keys)).sorted() }

    /// The points of all metrics of a name, in order: [key, value].
    public func points(_ name: String) -> [CBOR] {
        metrics.filter { $0["name"]?.text == name }.flatMap { $0["points"]?.array ?? [] }
    }

    /// A table that was handed out, to collect from.
    public func table(_ name: String = "data") async throws -> Table {
        guard let output = report.tables[name] else {
            throw TestHostError("\(party) handed out no table \(name), but \(outputNames.joined(separator: ", ")).")
        }
        return try await bench.open(output.descriptor, schema: output.schema)
    }

    /// A model's, cache's or file's bytes.
    public func bytes(_ name: String) throws -> [UInt8] {
        guard let path = report.files[name], let data = FileManager.default.contents(atPath: path) else {
            throw TestHostError("\(party) handed out no \(name), but \(outputNames.joined(separator: ", ")).")
        }
        return Array(data)
    }

    /// A model that `Outputs.model` wrote.
    public func model<Model: Decodable>(_ type: Model.Type = Model.self, _ name: String = "model") throws -> Model {
        try CBORDecoder().decode(type, from: try bytes(name))
    }
}
