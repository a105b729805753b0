import Foundation

/// What a level fixed for ever: sizes and offsets, the type of every slot, numbers, extensions and the exported symbol.
struct LevelLock: Encodable {
    struct Field: Encodable {
        let name: String
        let offset: Int
        let size: Int
        /// In C's spelling, a function's parameters without their names.
        let type: String
        /// Who may call it; nil for what is no function.
        let thread: String?
    }

    struct Struct: Encodable {
        let name: String
        let isFrozen: Bool
        let size: Int
        let fields: [Field]
    }

    struct Extension: Encodable {
        let id: String
        let revision: Int
        let `struct`: String
    }

    struct Function: Encodable {
        let name: String
        let type: String
    }

    let generation: Int
    let level: Int
    let constants: [String: UInt64]
    let structs: [Struct]
    let extensions: [Extension]
    let functions: [Function]

    /// The specification as it was at a level.
    init(_ specification: Specification, level: Int) throws {
        self.level = level
        generation = specification.generation
        // These two name the header's own level, which later headers raise.
        let moving: Set<String> = ["NORN_LEVEL", "NORN_LEVEL_LOWEST"]
        let kept = specification.constants.filter {
            !moving.contains($0.name) && ($0.since ?? Specification.firstLevel) <= level
        }
        constants = Dictionary(uniqueKeysWithValues: kept.map { ($0.name, $0.value) })
        structs = try specification.structs.filter { ($0.since ?? Specification.firstLevel) <= level }
            .map { try Self.lock($0, level) }
        extensions = specification.extensions.filter { ($0.since ?? Specification.firstLevel) <= level }
            .map { Extension(id: $0.id, revision: $0.revision, struct: $0.struct) }
        functions = specification.functions.filter { $0.level <= level }.map { function in
            Function(name: function.name, type: function.function.map { Self.type($0, pointer: "") } ?? "")
        }
    }

    private static func lock(_ description: Specification.Struct, _ level: Int) throws -> Struct {
        let layout = try Layout(description, atLevel: level)
        let fields = zip(description.fields, layout.places).map { field, place in
            Field(
                name: place.name, offset: place.offset, size: place.size,
                type: field.function.map { type($0, pointer: "(*)") } ?? field.type ?? "", thread: field.thread)
        }
        return Struct(name: description.name, isFrozen: description.frozen, size: layout.size, fields: fields)
    }

    private static func type(_ signature: Specification.Signature, pointer: String) -> String {
        "\(signature.returns) \(pointer)(\(signature.parameters.map(\.type).joined(separator: ", ")))"
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
