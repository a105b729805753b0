/// A type as the specification writes it, in C's words, taken apart.
indirect enum CType {
    /// `uint32_t`, `norn_bytes`, `void`.
    case name(String)
    case pointer(to: CType, isConstant: Bool)
    /// `char[32]`
    case array(of: CType, count: Int)
    case function(Specification.Signature)

    /// - Throws: `RuleBroken` for a form that bindings do not know.
    init(_ text: String) throws {
        if let match = text.wholeMatch(of: #/(.+?)\s*\(\*\)\((.*)\)/#) {
            let parameters = try match.2.split(separator: ",").map { part -> Specification.Parameter in
                let part = part.trimming
                guard let name = part.firstMatch(of: #/(\w+)$/#) else {
                    throw RuleBroken("a parameter of \(text) has no name")
                }
                return Specification.Parameter(type: String(part.dropLast(name.1.count)).trimming, name: String(name.1))
            }
            self = .function(Specification.Signature(returns: String(match.1), parameters: parameters))
            return
        }
        if let match = text.wholeMatch(of: #/(\w+)\[(\d+)\]/#), let count = Int(match.2) {
            self = .array(of: .name(String(match.1)), count: count)
            return
        }
        let words = text.replacing("*", with: " * ").split(separator: " ").filter { $0 != "volatile" }
        guard let base = words.first(where: { $0 != "const" && $0 != "*" }) else {
            throw RuleBroken("\(text) names no type")
        }
        var type = CType.name(String(base))
        // Of `const a *const *` the first pointer is to a constant a, the second to a constant pointer.
        let pieces = words.split(separator: "*", omittingEmptySubsequences: false)
        for piece in pieces.dropLast() { type = .pointer(to: type, isConstant: piece.contains("const")) }
        self = type
    }

    /// What a field is: a value, or a pointer to a function.
    static func of(_ field: Specification.Field) throws -> CType {
        if let function = field.function { return .function(function) }
        return try CType(field.type ?? "")
    }
}

extension StringProtocol {
    var trimming: String {
        var text = Substring(self)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
