/// Encodes any `Encodable` as deterministic CBOR.
///
/// `[UInt8]` becomes bytes; an absent optional becomes null, so that the names of a struct's fields do not depend on
/// its values; floating-point numbers become doubles.
public struct CBOREncoder: Sendable {
    public init() {}

    public func encode(_ value: some Encodable) throws -> [UInt8] { try self.value(of: value).encoded() }

    public func value(of value: some Encodable) throws -> CBOR { try Node(encoding: value, path: []).value }
}

/// A place in the tree being built; containers of one encoder share it.
private final class Node {
    private enum Content {
        case value(CBOR)
        case array([Node])
        case map([String: Node])
    }

    private var content = Content.value(.map([:]))

    init() {}

    init(encoding value: some Encodable, path: [any CodingKey]) throws {
        if let direct = Node.direct(value) {
            content = .value(direct)
        } else {
            try value.encode(to: NodeEncoder(node: self, codingPath: path))
        }
    }

    /// Short cuts past Codable's element-by-element way, and the only way to bytes.
    private static func direct<Value: Encodable>(_ value: Value) -> CBOR? {
        switch value {
        case let value as CBOR: value
        // An empty array of any type casts to [UInt8]; only a real one is bytes.
        case let bytes as [UInt8] where Value.self == [UInt8].self: .bytes(bytes)
        case let value as [Double]: .array(value.map(CBOR.double))
        case let value as [[UInt8]]: .array(value.map(CBOR.bytes))
        case let value as [CBOR]: .array(value)
        case let value as [String: CBOR]: .map(value)
        default: nil
        }
    }

    var value: CBOR {
        switch content {
        case .value(let value): value
        case .array(let nodes): .array(nodes.map(\.value))
        case .map(let nodes): .map(nodes.mapValues(\.value))
        }
    }

    var count: Int { if case .array(let nodes) = content { nodes.count } else { 0 } }

    func set(_ value: CBOR) { content = .value(value) }

    func becomeArray() { if case .array = content {} else { content = .array([]) } }

    func becomeMap() { if case .map = content {} else { content = .map([:]) } }

    func append(_ node: Node) {
        guard case .array(var nodes) = content else { return }
        content = .value(.null)
        nodes.append(node)
        content = .array(nodes)
    }

    func set(_ node: Node, for key: String) {
        guard case .map(var nodes) = content else { return }
        content = .value(.null)
        nodes[key] = node
        content = .map(nodes)
    }
}

private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
    let node: Node
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.becomeMap()
        return KeyedEncodingContainer(KeyedNodes(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.becomeArray()
        return UnkeyedNodes(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { node.set(.null) }
    func encode(_ value: Bool) { node.set(.bool(value)) }
    func encode(_ value: String) { node.set(.text(value)) }
    func encode(_ value: Double) { node.set(.double(value)) }
    func encode(_ value: Float) { node.set(.double(Double(value))) }
    func encode(_ value: Int) { node.set(CBOR(integer: value)) }
    func encode(_ value: Int8) { node.set(CBOR(integer: value)) }
    func encode(_ value: Int16) { node.set(CBOR(integer: value)) }
    func encode(_ value: Int32) { node.set(CBOR(integer: value)) }
    func encode(_ value: Int64) { node.set(CBOR(integer: value)) }
    func encode(_ value: UInt) { node.set(CBOR(integer: value)) }
    func encode(_ value: UInt8) { node.set(CBOR(integer: value)) }
    func encode(_ value: UInt16) { node.set(CBOR(integer: value)) }
    func encode(_ value: UInt32) { node.set(CBOR(integer: value)) }
    func encode(_ value: UInt64) { node.set(CBOR(integer: value)) }
    func encode<T: Encodable>(_ value: T) throws { node.set(try Node(encoding: value, path: codingPath).value) }
}

private struct KeyedNodes<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: Node
    let codingPath: [any CodingKey]

    func encodeNil(forKey key: Key) { child(key).set(.null) }

    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        node.set(try Node(encoding: value, path: codingPath + [key]), for: key.stringValue)
    }

    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }

    private func child(_ key: any CodingKey) -> Node {
        let child = Node()
        node.set(child, for: key.stringValue)
        return child
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        NodeEncoder(node: child(key), codingPath: codingPath + [key]).container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        NodeEncoder(node: child(key), codingPath: codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { NodeEncoder(node: child(PathKey("super")), codingPath: codingPath) }
    func superEncoder(forKey key: Key) -> any Encoder {
        NodeEncoder(node: child(key), codingPath: codingPath + [key])
    }

    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try optional(value, key) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try optional(value, key) }

    private func optional<T: Encodable>(_ value: T?, _ key: Key) throws {
        if let value { try encode(value, forKey: key) } else { encodeNil(forKey: key) }
    }
}

private struct UnkeyedNodes: UnkeyedEncodingContainer {
    let node: Node
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    func encodeNil() { child().set(.null) }

    func encode<T: Encodable>(_ value: T) throws {
        node.append(try Node(encoding: value, path: codingPath + [PathKey(count)]))
    }

    private func child() -> Node {
        let child = Node()
        node.append(child)
        return child
    }

    func nestedContainer<Nested: CodingKey>(keyedBy keyType: Nested.Type) -> KeyedEncodingContainer<Nested> {
        superEncoder().container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { superEncoder().unkeyedContainer() }

    func superEncoder() -> any Encoder {
        let path = codingPath + [PathKey(count)]
        return NodeEncoder(node: child(), codingPath: path)
    }
}

/// A step of a coding path that no type declares.
struct PathKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ text: String) {
        stringValue = text
        intValue = nil
    }

    init(_ index: Int) {
        stringValue = String(index)
        intValue = index
    }

    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { self.init(intValue) }
}
