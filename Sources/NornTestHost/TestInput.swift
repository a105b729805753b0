import NornKit

/// What a test gives to a party's component under the name of an input port.
public struct TestInput: Sendable {
    enum Content: Sendable {
        case table(@Sendable (Tables) async throws -> Table)
        case file(ArtifactKind, [UInt8])
    }

    let name: String
    let content: Content

    /// Rows of a table; the last one of equal keys stays.
    public static func table<Value: RowValue>(
        _ name: String, _ rows: [(Key, Value)], schema: TableSchema? = nil, partitions: Int? = nil
    ) -> TestInput {
        TestInput(
            name: name, content: .table { try await $0.create(rows, partitions: partitions, schema: schema) })
    }

    /// A table as `Upload` makes it: the first line names the columns, the first column is the id.
    public static func csv(_ name: String, _ text: String, label: String? = nil) -> TestInput {
        TestInput(
            name: name,
            content: .table { tables in
                let (header, lines) = try split(text)
                let schema = TableSchema(
                    layout: .text, header: Array(header.dropFirst()), content: .raw, idName: header[0],
                    labelName: label)
                return try await tables.create(
                    lines.map { (Key.text($0[0]), $0.dropFirst().joined(separator: ",")) }, schema: schema)
            })
    }

    /// A table as `DataTransform` makes it, of a CSV text whose first column is the id.
    public static func instances(_ name: String, csv text: String, label: String? = nil) -> TestInput {
        TestInput(
            name: name,
            content: .table { tables in
                let (header, lines) = try split(text)
                let columns = header.indices.dropFirst().filter { header[$0] != label }
                let instances = Instances(
                    ids: lines.map { .text($0[0]) }, header: columns.map { header[$0] },
                    features: try lines.flatMap { line in try columns.map { try number(line[$0]) } },
                    labels: try header.firstIndex { $0 == label }.map { column in
                        try lines.map { try number($0[column]) }
                    })
                let schema = TableSchema(
                    layout: .float64, header: instances.header, content: .instances, idName: header[0],
                    labelName: label)
                return try await tables.create(instances, schema: schema)
            })
    }

    /// A model as `Outputs.model` writes it.
    public static func model(_ name: String, _ model: some Encodable) throws -> TestInput {
        TestInput(name: name, content: .file(.model, try CBOREncoder().encode(model)))
    }

    /// A cache's bytes, as another run's result has them.
    public static func cache(_ name: String, _ bytes: [UInt8]) -> TestInput {
        TestInput(name: name, content: .file(.cache, bytes))
    }

    public static func file(_ name: String, _ bytes: [UInt8]) -> TestInput {
        TestInput(name: name, content: .file(.file, bytes))
    }

    private static func split(_ text: String) throws -> (header: [String], lines: [[String]]) {
        let lines = text.split(whereSeparator: \.isNewline).map { line in
            line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard let header = lines.first, lines.allSatisfy({ $0.count == header.count }) else {
            throw TestHostError("A CSV text needs a header and lines of as many columns.")
        }
        return (header, Array(lines.dropFirst()))
    }

    private static func number(_ text: String) throws -> Double {
        guard let number = Double(text) else { throw TestHostError("\(text) is no number.") }
        return number
    }
}

/// A party of a test's run.
public struct TestParty: Sendable {
    public let party: Party
    let inputs: [TestInput]
    let parameters: [String: CBOR]
    let plugin: PluginTable?

    /// - Parameters:
    ///   - parameters: over those of the whole run
    ///   - plugin: runs this party's component of the same name instead of the run's: a peer that breaks the protocol
    public init(
        _ role: Role, _ id: String, inputs: [TestInput] = [], parameters: [String: CBOR] = [:], plugin: Plugin? = nil
    ) {
        self.init(
            role, id, inputs: inputs, parameters: parameters, table: plugin.map { PluginTable(pointer: $0.table) })
    }

    public init(
        _ role: Role, _ id: String, inputs: [TestInput], parameters: [String: CBOR], table: PluginTable?
    ) {
        plugin = table
        party = Party(role, id)
        self.inputs = inputs
        self.parameters = parameters
    }
}
