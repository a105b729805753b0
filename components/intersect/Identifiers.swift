import NornCrypto
import NornKit

/// What parties compare: a table's ids, or its match ids where it has them, as encoded keys, in random order: the order
/// in which what is made of them travels.
struct Identifiers: Sendable {
    /// More would not fit 32-bit offsets of a block.
    static let mostIdentifiers = 1 << 31

    private(set) var bytes: [UInt8] = []
    private var starts = [0]
    /// position in the random order to identifier read
    private var order: [Int] = []
    /// The rows of each identifier read, where the table has match ids.
    private var rowsOfMatch: [[Key]]?

    init(of table: Table, generator: inout some RandomNumberGenerator) async throws {
        guard table.count < Self.mostIdentifiers else {
            throw ComponentError.invalid(field: "data", "\(table.count) ids are too many for one intersection")
        }
        if let schema = table.schema, schema.matchIDName != nil {
            try await readMatchIDs(of: table, format: InstanceFormat(schema))
        } else {
            try await readKeys(of: table)
        }
        order = (0..<starts.count - 1).shuffled(using: &generator)
    }

    /// Those of a cache, in the order in which they were sent, with the rows that the table has of them now.
    init(cached: CachedIdentifiers, rows table: Identifiers) {
        bytes = cached.bytes
        starts = cached.starts
        order = Array(0..<starts.count - 1)
        guard table.rowsOfMatch != nil else { return }
        var places: [ArraySlice<UInt8>: Int] = [:]
        for position in 0..<table.count { places[table.encoded(position)] = position }
        rowsOfMatch = order.map { [self] in places[encoded($0)].map(table.rows(of:)) ?? [] }
    }

    private mutating func readKeys(of table: Table) async throws {
        var bytes: [UInt8] = []
        var starts = [0]
        starts.reserveCapacity(table.count + 1)
        try await table.forEachBatch { batch in
            for row in 0..<batch.rows {
                bytes += batch.keyBytes(at: row)
                starts.append(bytes.count)
            }
        }
        self.bytes = bytes
        self.starts = starts
    }

    private mutating func readMatchIDs(of table: Table, format: InstanceFormat) async throws {
        var places: [[UInt8]: Int] = [:]
        var rows: [[Key]] = []
        var row = format.emptyRow
        try await table.forEachBatch { batch in
            for index in 0..<batch.rows {
                try format.read(batch.valueBytes(at: index), into: &row)
                let place = places[row.matchID] ?? rows.count
                if place == rows.count {
                    places[row.matchID] = place
                    rows.append([])
                }
                rows[place].append(batch.key(at: index))
            }
        }
        for (match, _) in places.sorted(by: { $0.value < $1.value }) {
            // The encoding of a text key, so that match ids meet the ids of a table without them.
            bytes += Key.text(String(decoding: match, as: UTF8.self)).encoded
            starts.append(bytes.count)
        }
        rowsOfMatch = rows.map { $0.sorted() }
    }

    var count: Int { order.count }
    var hasMatchIDs: Bool { rowsOfMatch != nil }
    var positions: [Int] { Array(0..<count) }

    func encoded(_ position: Int) -> ArraySlice<UInt8> {
        bytes[starts[order[position]]..<starts[order[position] + 1]]
    }

    /// The keys of an identifier's rows: more than one only with match ids.
    func rows(of position: Int) -> [Key] {
        if let rowsOfMatch { return rowsOfMatch[order[position]] }
        return [encoded(position).withUnsafeBytes { Key(encoded: $0) }]
    }

    func messages(_ positions: some Sequence<Int>) -> Messages {
        var messages = Messages()
        for position in positions { messages.append(encoded(position)) }
        return messages
    }

    mutating func keep(where isKept: (Int) throws -> Bool) rethrows {
        order = try positions.filter(isKept).map { order[$0] }
    }

    /// As a cache keeps them, in the order of travel.
    var cached: CachedIdentifiers {
        var cached = CachedIdentifiers()
        for position in positions {
            cached.bytes += encoded(position)
            cached.lengths.append(starts[order[position] + 1] - starts[order[position]])
        }
        return cached
    }
}

/// A party's own identifiers in its cache.
struct CachedIdentifiers: Codable, Sendable {
    var bytes: [UInt8] = []
    var lengths: [Int] = []

    var starts: [Int] { lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) } }
    var isWhole: Bool {
        lengths.allSatisfy { 1...Key.maximumBytes ~= $0 } && lengths.reduce(0, +) == bytes.count
    }
}

/// Cuts `count` elements of a size into blocks of one message each.
func blocks(_ count: Int, bytesEach: Int) -> [Range<Int>] {
    let size = MessageLimit.blockBytes / bytesEach
    return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
}

enum MessageLimit {
    /// What a block of points, residues or tokens has at most; the manifest says so too.
    static let blockBytes = 2_097_152
    static let sampleIDsOfBlock = 16_384
}
