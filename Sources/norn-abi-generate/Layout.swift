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

    /// - Throws: ``RuleBroken`` for a type the rules do not know, or for a hole that no named field fills.
    init(_ description: Specification.Struct) throws {
        var places: [Place] = []
        var offset = 0
        var alignment = 1
        for field in description.fields {
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
        guard description.frozen || description.fields.first?.name == "struct_size" else {
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
