/// A row's key. In tables it is a tag byte and a payload, so that keys of one kind sort as people expect:
/// `0x01` and UTF-8 text, or `0x02` and eight big-endian bytes of the integer plus 2^63. At most 511 bytes encoded.
public enum Key: Sendable {
    case text(String)
    case int(Int64)
    /// Encoded bytes of neither form, as they are in the table.
    case raw([UInt8])
}
