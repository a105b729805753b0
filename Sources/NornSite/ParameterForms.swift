import NornFlow
import NornManifest

extension CBOR {
    /// A component's parameters as they reach it.
    init(_ value: ParameterValue) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = .int(Int(number))
        case .double(let number): self = .double(number)
        case .string(let text): self = .text(text)
        case .array(let elements): self = .array(elements.map { CBOR($0) })
        case .object(let members): self = .map(members.mapValues { CBOR($0) })
        }
    }
}
