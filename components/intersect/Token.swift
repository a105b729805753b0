import NornCrypto
import NornKit

/// 32 bytes that stand for an id once all secrets went into them: equal tokens are equal ids.
struct Token: Hashable, Sendable {
    static let byteCount = 32
    private let words: SIMD4<UInt64>

    /// One word of a point or digest is as good as random.
    func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }

    static func tokens(_ bytes: [UInt8]) -> [Token] {
        bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / byteCount).map {
                Token(words: bytes.loadUnaligned(fromByteOffset: $0 * byteCount, as: SIMD4<UInt64>.self))
            }
        }
    }

    /// The first 32 bytes of each element's digest.
    static func bytes(of elements: [UInt8], bytesEach: Int, method: DigestMethod, tag: [UInt8]) throws -> [UInt8] {
        let digests = try method.digests(of: Messages(elements, bytesEach: bytesEach), prefix: tag)
        guard method.byteCount != byteCount else { return digests }
        return (0..<elements.count / bytesEach).flatMap { index in
            let start = index * method.byteCount
            let shown = digests[start..<min(start + byteCount, start + method.byteCount)]
            return Array(shown) + [UInt8](repeating: 0, count: byteCount - shown.count)
        }
    }
}

/// Which token a host sent at which place.
struct TokenPlaces {
    private var places: [Token: Int] = [:]

    mutating func add(_ tokens: [Token], from first: Int) {
        for (index, token) in tokens.enumerated() { places[token] = first + index }
    }

    subscript(token: Token) -> Int { places[token] ?? -1 }
}
