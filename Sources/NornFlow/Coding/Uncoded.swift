/// A field that is worked out from the others when it is needed: never in a row, never part of a comparison.
@propertyWrapper
struct Uncoded<Value: Sendable>: Sendable {
    private var value: Value?

    var wrappedValue: Value? {
        get { value }
        set { value = newValue }
        _modify { yield &value }
    }

    init() {}

    init(wrappedValue: Value?) { value = wrappedValue }
}

extension Uncoded: Hashable {
    static func == (_: Uncoded, _: Uncoded) -> Bool { true }

    func hash(into hasher: inout Hasher) {}
}

extension Uncoded: Codable {
    init(from decoder: any Decoder) throws {}

    func encode(to encoder: any Encoder) throws {}
}

extension KeyedDecodingContainer {
    func decode<Value>(_: Uncoded<Value>.Type, forKey key: Key) throws -> Uncoded<Value> { Uncoded() }
}

extension KeyedEncodingContainer {
    mutating func encode<Value>(_: Uncoded<Value>, forKey key: Key) throws {}
}
