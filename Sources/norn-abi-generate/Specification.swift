import Foundation

/// The ABI's specification file, `Sources/NornABI/spec/norn.json`.
struct Specification: Decodable {
    struct Constant: Decodable {
        /// Title under which it stands.
        let group: String
        let name: String
        let value: UInt64
        let doc: String
        /// The level that brought it; nil: the first.
        let since: Int?
    }

    struct Struct: Decodable {
        let name: String
        let doc: String
        /// May never grow.
        let frozen: Bool
        /// Its functions take a pointer to it: the name is declared before the body.
        let forward: Bool
        /// Title that stands above it.
        let section: String?
        /// The level that brought it; nil: the first.
        let since: Int?
        let fields: [Field]
    }

    /// A value, or a function of the plugin or the host.
    struct Field: Decodable {
        let name: String
        let type: String?
        let function: Signature?
        let thread: String?
        let doc: String
        let ownership: String?
        let state: String?
        /// The level that brought it; nil: the first.
        let since: Int?

        var level: Int { since ?? Specification.firstLevel }
    }

    static let firstLevel = 1

    struct Signature: Decodable {
        let returns: String
        let parameters: [Parameter]
    }

    struct Parameter: Decodable {
        let type: String
        let name: String
    }

    struct Extension: Decodable {
        let id: String
        let revision: Int
        let `struct`: String
        let macro: String
        /// The level that brought it; nil: the first.
        let since: Int?
    }

    let name: String
    let license: String
    let generation: Int
    let constants: [Constant]
    let structs: [Struct]
    /// What a plugin exports.
    let functions: [Field]
    let extensions: [Extension]

    /// The level that the header describes.
    var level: Int { constants.first { $0.name == "NORN_LEVEL" }.map { Int($0.value) } ?? 0 }

    static func read(_ url: URL) throws -> Specification {
        try JSONDecoder().decode(Specification.self, from: Data(contentsOf: url))
    }
}
