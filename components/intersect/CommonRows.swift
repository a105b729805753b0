import NornKit

/// Makes the output table of one party.
struct CommonRows {
    let context: IntersectionContext
    let table: Table
    let ids: Identifiers

    private var isKeyOnly: Bool { context.parameters.outputsOnlyKeys }

    /// Rows under the keys of the party that generates sample ids.
    struct Keyed: Sendable {
        var key: Key
        /// An own row's key; nil for a row that this party has not (left join).
        var row: Key?
    }

    var schema: TableSchema {
        let schema = table.schema ?? TableSchema(layout: .text, header: [], content: .raw)
        guard isKeyOnly else { return schema }
        return TableSchema(
            layout: .text, header: [], content: .raw, idName: schema.idName, delimiter: schema.delimiter)
    }

    /// Hands out the rows of identifiers under their own keys.
    func output(_ positions: [Int]) async throws {
        let writer = try context.tables.writer(partitions: table.partitions)
        for position in positions { for row in ids.rows(of: position) { try writer.put(row, "") } }
        let keys = try await writer.seal()
        try await context.outputs.table(isKeyOnly ? keys : try await table.join(keys), schema: schema)
    }

    /// Hands out rows under other keys.
    /// - Returns: how many there are
    func output(_ rows: [Keyed]) async throws -> Int {
        let writer = try context.tables.writer(partitions: table.partitions)
        let missing = try missingRow()
        var count = 0
        for start in stride(from: 0, to: rows.count, by: 8192) {
            let page = rows[start..<min(rows.count, start + 8192)]
            var values: [Key: [UInt8]] = [:]
            if !isKeyOnly {
                let asked = Array(Set(page.compactMap(\.row)))
                for (key, value) in try await table.values(of: asked, [UInt8].self) { values[key] = value }
            }
            for row in page {
                if isKeyOnly {
                    try writer.put(row.key, "")
                } else if let own = row.row {
                    // An id of a cache that the table has no more has no row.
                    guard let value = values[own] else { continue }
                    try writer.put(row.key, value)
                } else {
                    try writer.put(row.key, missing)
                }
                count += 1
            }
        }
        try await context.outputs.table(try await writer.seal(), schema: schema)
        return count
    }

    /// What stands for a row that this party has not: NaN in every column, or empty fields of text.
    private func missingRow() throws -> [UInt8] {
        guard let schema = table.schema, !isKeyOnly else { return [] }
        guard schema.layout == .float64 || schema.layout == .sparse else {
            return Array(repeatElement(schema.delimiter, count: max(0, schema.header.count - 1)).joined().utf8)
        }
        let format = try InstanceFormat(schema)
        var row = format.emptyRow
        row.values = [Double](repeating: .nan, count: format.columns)
        if format.isSparse { row.columns = (0..<UInt32(format.columns)).map { $0 } }
        return format.bytes(of: row)
    }
}

/// Keys of the party that generates sample ids, on their way to another party.
struct SampleIDs: Codable, Sendable {
    /// how many such messages there are
    var blocks: Int
    /// For each key the place of its id among those that the receiver sent; -1: it has none.
    var places: [Int]
    var keys: [[UInt8]]
}

extension IntersectionContext {
    func send(_ keys: [(place: Int, key: Key)], to party: Party) async throws {
        let size = MessageLimit.sampleIDsOfBlock
        let count = max(1, (keys.count + size - 1) / size)
        for index in 0..<count {
            let page = keys[min(keys.count, index * size)..<min(keys.count, (index + 1) * size)]
            let message = SampleIDs(blocks: count, places: page.map(\.place), keys: page.map(\.key.encoded))
            try await federation.send(message, name: IntersectionMessage.sampleIDs, tag: "\(index)", to: party)
        }
    }

    /// - Parameter count: of the places that there are
    func receiveKeys(_ count: Int, from party: Party) async throws -> [(place: Int, key: Key)] {
        var keys: [(place: Int, key: Key)] = []
        var index = 0
        var total = 1
        while index < total {
            let message = try await federation.receive(
                SampleIDs.self, name: IntersectionMessage.sampleIDs, tag: "\(index)", from: party)
            if index == 0 { total = message.blocks }
            let isWhole =
                message.places.count == message.keys.count && message.blocks == total
                && 1...Identifiers.mostIdentifiers ~= total
                && message.places.allSatisfy { -1..<count ~= $0 }
                && message.keys.allSatisfy { 1...Key.maximumBytes ~= $0.count }
            guard isWhole else { throw ComponentError.peer(party, "its sample ids cannot be read") }
            for (place, key) in zip(message.places, message.keys) {
                keys.append((place, key.withUnsafeBytes { Key(encoded: $0) }))
            }
            index += 1
        }
        return keys
    }
}
