import Glibc
import NornCrypto
import NornKit

/// A set that answers "perhaps" or "no" (B. H. Bloom, "Space/time trade-offs in hash coding with allowable errors",
/// 1970). Places come from two words of a digest (A. Kirsch and M. Mitzenmacher, "Less hashing, same performance", 2006).
struct BloomFilter: Codable, Sendable {
    static let mostBytes = 134_217_728
    static let mostHashes = 64

    private(set) var bits: [UInt8]
    private(set) var hashes: Int

    /// - Parameter rate: of wrong "perhaps", above 0 and below 1
    init(count: Int, rate: Double) throws {
        let exponent = -log2(rate)
        let wanted = Double(max(1, count)) * exponent / log(2)
        guard wanted / 8 < Double(Self.mostBytes) else {
            throw ComponentError.invalid(
                field: "intersect_preprocess_params.false_positive_rate",
                "a filter of \(count) ids at \(rate) is larger than \(Self.mostBytes) bytes")
        }
        bits = [UInt8](repeating: 0, count: Int(wanted / 8) + 1)
        hashes = min(Self.mostHashes, max(1, Int(exponent.rounded())))
    }

    var isWhole: Bool { 1...Self.mostBytes ~= bits.count && 1...Self.mostHashes ~= hashes }

    private func places(_ digest: ArraySlice<UInt8>) -> [Int] {
        let (first, second) = digest.withUnsafeBytes {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) | 1)
        }
        return (0..<UInt64(hashes)).map { Int((first &+ $0 &* second) % UInt64(bits.count * 8)) }
    }

    /// - Parameter digest: at least 16 bytes
    mutating func add(_ digest: ArraySlice<UInt8>) {
        for place in places(digest) { bits[place >> 3] |= 1 << UInt8(place & 7) }
    }

    func mayHave(_ digest: ArraySlice<UInt8>) -> Bool {
        places(digest).allSatisfy { bits[$0 >> 3] >> UInt8($0 & 7) & 1 == 1 }
    }
}

/// Cuts digests of one length apart.
func cut(_ digests: [UInt8], bytesEach: Int) -> [ArraySlice<UInt8>] {
    (0..<digests.count / bytesEach).map { digests[$0 * bytesEach..<($0 + 1) * bytesEach] }
}

/// The filter before the intersection (`run_preprocess`): one side shows a Bloom filter of its salted ids, the other
/// leaves out what is certainly not in it, so that less is encrypted.
struct Prefilter {
    let context: IntersectionContext
    let settings: IntersectionSettings

    private var asked: PreprocessParameters { context.parameters.preprocess }
    private var method: DigestMethod {
        DigestMethod(rawValue: asked.preprocessMethod.lowercased()) ?? .sha256
    }

    private func digests(_ ids: Identifiers) throws -> [ArraySlice<UInt8>] {
        let prefix = settings.tag + Array("filter".utf8) + Array(asked.preprocessSalt.utf8)
        return cut(
            try method.digests(of: ids.messages(ids.positions), prefix: prefix), bytesEach: method.byteCount)
    }

    /// Sends this party's filter, or drops what the others' filters do not have.
    func run(_ ids: inout Identifiers, others: [Party]) async throws {
        if context.role.rawValue == asked.filterOwner {
            var filter = try BloomFilter(count: ids.count, rate: asked.falsePositiveRate)
            for digest in try digests(ids) { filter.add(digest) }
            for other in others {
                try await context.federation.send(filter, name: IntersectionMessage.filter, to: other)
            }
            return
        }
        let digests = try digests(ids)
        var isKept = [Bool](repeating: true, count: ids.count)
        for other in others {
            let filter = try await context.federation.receive(
                BloomFilter.self, name: IntersectionMessage.filter, from: other)
            guard filter.isWhole else { throw ComponentError.peer(other, "its filter cannot be read") }
            for position in isKept.indices where !filter.mayHave(digests[position]) { isKept[position] = false }
        }
        ids.keep { isKept[$0] }
        context.log.info("The filter leaves \(ids.count) of \(isKept.count) ids.")
    }
}
