extension Specification {
    /// The bytes of each struct at each level that there is, under the name of their constant.
    var baselines: [(name: String, bytes: Int)] {
        get throws {
            try (Self.firstLevel...max(Self.firstLevel, level)).flatMap { level in
                try structs.filter { ($0.since ?? Self.firstLevel) <= level }.map { description in
                    (
                        "\(description.name.uppercased())_LEVEL_\(level)_BYTES",
                        try Layout(description, atLevel: level).size
                    )
                }
            }
        }
    }
}

/// Where the fields of a struct lie on a machine with 64-bit pointers.
struct Layout {
    struct Place {
        let name: String
        let offset: Int
        let size: Int
    }

    let places: [Place]
    let size: Int
    let alignment: Int

    /// The struct as it was at a level; later fields stand behind earlier ones.
    init(_ description: Specification.Struct, atLevel level: Int) throws {
        let levels = description.fields.map(\.level)
        guard zip(levels, levels.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw RuleBroken("\(description.name) has a field before fields of an earlier level: append it")
        }
        try self.init(description, fields: description.fields.filter { $0.level <= level })
    }

    init(_ description: Specification.Struct) throws { try self.init(description, fields: description.fields) }

    /// - Throws: ``RuleBroken`` for a type the rules do not know, or for a hole that no named field fills.
    private init(_ description: Specification.Struct, fields: [Specification.Field]) throws {
        var places: [Place] = []
        var offset = 0
        var alignment = 1
        for field in fields {
            let (fieldSize, fieldAlignment) = try Self.measure(field, in: description.name)
            guard offset.isMultiple(of: fieldAlignment) else {
                throw RuleBroken("\(description.name).\(field.name) leaves a hole before it: name the padding")
            }
            places.append(Place(name: field.name, offset: offset, size: fieldSize))
            offset += fieldSize
            alignment = max(alignment, fieldAlignment)
        }
        guard offset.isMultiple(of: alignment) else {
            throw RuleBroken("\(description.name) ends with a hole: name the padding")
        }
        guard description.frozen || fields.first?.name == "struct_size" else {
            throw RuleBroken("\(description.name) may grow, so its first field must be struct_size")
        }
        self.places = places
        self.size = offset
        self.alignment = alignment
    }

    private static func measure(_ field: Specification.Field, in owner: String) throws -> (size: Int, alignment: Int) {
        guard let type = field.type else { return (8, 8) }
        if type.hasSuffix("*") { return (8, 8) }
        if let count = type.firstMatch(of: #/^char\[(\d+)\]$/#).flatMap({ Int($0.1) }) { return (count, 1) }
        switch type {
        case "uint32_t", "norn_status": return (4, 4)
        case "uint64_t", "double": return (8, 8)
        case "norn_bytes", "norn_string": return (16, 8)
        default: throw RuleBroken("\(owner).\(field.name): a struct has no field of type \(type)")
        }
    }
}

/// A rule of the ABI's layout that the specification breaks.
struct RuleBroken: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
