import NornKit

/// FATE's way to name columns by place: -1 for all, a list, or null for none.
struct ColumnPlaces: Codable, Sendable, Equatable {
    /// nil: all
    var list: [Int]?

    static let all = ColumnPlaces(list: nil)
    static let none = ColumnPlaces(list: [])

    init(list: [Int]?) { self.list = list }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            list = []
        } else if let number = try? value.decode(Int.self) {
            list = number == -1 ? nil : [number]
        } else {
            list = try value.decode([Int].self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        guard let list else { return try value.encode(-1) }
        if list.isEmpty { try value.encodeNil() } else { try value.encode(list) }
    }

    /// The places that are meant, ascending, each once.
    /// - Parameters:
    ///   - fields: the parameters, for errors: of the places and of the names
    /// - Throws: `invalidArgument` for a place past the header or a name that is not in it.
    func resolve(names: [String]?, header: [String], fields: (places: String, names: String)) throws -> [Int] {
        guard let list else { return Array(header.indices) }
        var places = Set<Int>()
        for place in list {
            guard header.indices.contains(place) else {
                throw ComponentError.invalid(
                    field: fields.places, "names column \(place), but the table has \(header.count) columns")
            }
            places.insert(place)
        }
        for name in names ?? [] {
            guard let place = header.firstIndex(of: name) else {
                throw ComponentError.invalid(field: fields.names, "the table has no column \"\(name)\"")
            }
            places.insert(place)
        }
        return places.sorted()
    }
}
