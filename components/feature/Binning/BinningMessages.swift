import NornCrypto
import NornKit

enum BinningMessage {
    static let plan = "binning_plan"
    static let labels = "encrypted_labels"
    static let bins = "host_bins"
    static let sums = "encrypted_bin_sums"
    static let optimal = "optimal_bins"
}

/// What the guest tells the hosts first.
struct BinningPlan: Codable, Sendable {
    /// Whether bins are counted by label.
    var hasStatistics: Bool
    var rows = 0
    /// Of the common ids in their order.
    var digest: [UInt8] = []
    /// Of the guest's public key.
    var modulus: [UInt8] = []
    var classes = 0
}

/// What a host tells of its bins: columns under their anonymous names.
struct HostBins: Codable, Sendable {
    struct Column: Codable, Sendable {
        var name: String
        /// Rows of each bin, that of missing values last where there is one.
        var rows: [Int]
        /// The guest is to choose which bins are left.
        var isOptimal: Bool
        var hasMissing: Bool
    }

    struct Optimal: Codable, Sendable {
        var metric: OptimalMetric
        var bins: Int
        var minimumShare: Double
        var maximumShare: Double
        var mixture: Bool
    }

    static let mostCells = 1 << 24

    var columns: [Column]
    var optimal: Optimal?
}

/// Of each optimal column, the places of the first bins at which the bins end that are left.
struct OptimalEnds: Codable, Sendable {
    var columns: [[Int]]
}

/// How labels and sums lie in plaintexts: all classes but the last have a field each, wide enough for a count of all
/// rows; a ciphertext of a row holds some classes, one of sums the same fields of several bins.
struct LabelPacking: Sendable, Equatable {
    /// Of a plaintext, which the arithmetic keeps below 2^127.
    static let mostBits = 126
    static let mostClasses = 1000

    let classes: Int
    /// Bits of a field.
    let width: Int
    /// Fields of a row's ciphertext.
    let fields: Int
    /// Ciphertexts of a row.
    var ciphertexts: Int { (classes - 1 + fields - 1) / fields }
    /// Bins of a ciphertext of sums.
    let bins: Int

    init(classes: Int, rows: Int) {
        self.classes = classes
        width = max(1, Int.bitWidth - rows.leadingZeroBitCount)
        fields = min(max(1, classes - 1), Self.mostBits / width)
        bins = Self.mostBits / (width * fields)
    }

    /// Plaintexts of one of a row's ciphertexts.
    func plaintexts(_ labels: [Int], ciphertext: Int) -> [Int128] {
        labels.map { label in
            let field = label - ciphertext * fields
            return label < classes - 1 && 0..<fields ~= field ? Int128(1) << Int128(field * width) : 0
        }
    }

    /// Ciphertexts that hold the sums of so many bins.
    func packages(_ cells: Int) -> Int { (cells + bins - 1) / bins }

    /// Packs sums of bins: bin i of a package is shifted by i times the bits of a bin.
    func packed(
        _ sums: PaillierCiphertexts, key: PaillierPublicKey, on loop: ThreadLoop
    ) throws -> PaillierCiphertexts {
        let packages = packages(sums.count)
        func rows(_ bin: Int) -> [Int] { stride(from: bin, to: sums.count, by: bins).map { $0 } }
        var packed = sums.rows(rows(bins - 1))
        for bin in (0..<bins - 1).reversed() {
            let next = rows(bin)
            let shifted = try key.scaled(
                packed, by: [Int64](repeating: 1 << Int64(width), count: packed.count), times: fields,
                on: loop)
            // The last package may have fewer bins than others.
            let both = try key.sum(shifted, sums.rows(next.prefix(shifted.count)), on: loop)
            packed = both
            if next.count > shifted.count {
                packed.append(sums.rows(next.suffix(next.count - shifted.count)))
            }
        }
        precondition(packed.count == packages)
        return packed
    }

    /// Counts of classes of each bin, of one of the row's ciphertexts: [bin][field].
    /// - Returns: nil for numbers that are no sums of labels.
    func unpacked(_ plaintexts: [Int128], cells: Int, ciphertext: Int) -> [[Int]]? {
        var counts: [[Int]] = []
        let mask = (Int128(1) << Int128(width)) - 1
        let used = min(fields, classes - 1 - ciphertext * fields)
        for cell in 0..<cells {
            let plaintext = plaintexts[cell / bins]
            guard plaintext >= 0 else { return nil }
            let bin = plaintext >> Int128((cell % bins) * width * fields)
            counts.append((0..<used).map { Int((bin >> Int128($0 * width)) & mask) })
        }
        return counts
    }
}

extension PaillierPublicKey {
    /// Scales again and again by the same scalars.
    fileprivate func scaled(
        _ ciphertexts: PaillierCiphertexts, by scalars: [Int64], times: Int, on loop: ThreadLoop
    ) throws -> PaillierCiphertexts {
        try (0..<times).reduce(ciphertexts) { result, _ in try scaled(result, by: scalars, on: loop) }
    }
}

/// Ciphertexts travel in objects of at most this many, so that no message is larger than 8 MiB with 4096-bit keys.
private let ciphertextsPerMessage = 8192

extension Federation {
    func send(_ ciphertexts: PaillierCiphertexts, name: String, tag: String, to party: Party)
        async throws
    {
        for (part, start) in stride(from: 0, to: ciphertexts.count, by: ciphertextsPerMessage)
            .enumerated()
        {
            let end = min(ciphertexts.count, start + ciphertextsPerMessage)
            try await sendBytes(
                ciphertexts.rows(start..<end).bytes, name: name, tag: "\(tag).\(part)", to: party)
        }
    }

    /// Checks every ciphertext.
    func receiveCiphertexts(
        _ count: Int, name: String, tag: String, from party: Party, key: PaillierPublicKey,
        on loop: ThreadLoop
    ) async throws -> PaillierCiphertexts {
        let parts = (count + ciphertextsPerMessage - 1) / ciphertextsPerMessage
        let expected = try (0..<parts).map { try expect(name: name, tag: "\(tag).\($0)", from: party) }
        var all = key.noCiphertexts
        for (part, expectation) in expected.enumerated() {
            let bytes = try await expectation.bytes()
            do {
                all.append(
                    try key.ciphertexts(
                        bytes: bytes,
                        expected: min(ciphertextsPerMessage, count - part * ciphertextsPerMessage),
                        on: loop))
            } catch {
                throw ComponentError.peer(party, "its \(name) is refused: \(error)")
            }
        }
        return all
    }
}

extension [Key] {
    /// A digest of ids in order, by which parties see that they hold the same rows.
    var digest: [UInt8] {
        get throws {
            var bytes: [UInt8] = []
            for key in self {
                let encoded = key.encoded
                bytes.append(UInt8(truncatingIfNeeded: encoded.count))
                bytes.append(UInt8(truncatingIfNeeded: encoded.count >> 8))
                bytes += encoded
            }
            return try SHA512.digest(bytes)
        }
    }
}
