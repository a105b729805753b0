import NornABI

/// The kit's own kernels, which every component carries: what `Table` needs beyond the engine's primitives.
enum BuiltInKernels {
    static let all: [any DeclaredKernel] = [keepLeft, unionLeft, sampleFraction, samplePicks, partitionRows]

    /// join without a function
    static let keepLeft = Kernel.join("norn.keep_left") { (left: LentBytes, _: LentBytes) in left }

    /// union without a function
    static let unionLeft = Kernel.outer("norn.union_left", 1) { key, left, _, output in
        try output.put(key: key, value: left)
    }

    static let sampleFraction = Kernel.batches("norn.sample_fraction", keepsKeys: true, SampleFraction.self)
    static let samplePicks = Kernel.batches("norn.sample_picks", keepsKeys: true, SamplePicks.self)
    static let partitionRows = Kernel.batches("norn.partition_rows", PartitionRows.self)
}

/// Bernoulli for each row; the same seed starts anew in each partition.
struct SampleFraction: BatchBody {
    struct Argument: Codable, Sendable {
        let fraction: Double
        let seed: UInt64
    }

    let fraction: Double
    var random: SplitMix64

    init(_ argument: Argument, partition: PartitionPlace) {
        fraction = argument.fraction
        random = SplitMix64(seed: argument.seed)
    }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows where Double.random(in: 0..<1, using: &random) < fraction {
            try output.put(key: batch.keyBytes(at: row), value: batch.valueBytes(at: row))
        }
    }
}

/// Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S): exactly `picks` of `rows`, each
/// set as likely as another, in one pass.
struct SamplePicks: BatchBody {
    struct Argument: Codable, Sendable {
        let rows: [Int]
        let picks: [Int]
        let seed: UInt64
    }

    var rows: Int
    var picks: Int
    var random: SplitMix64

    init(_ argument: Argument, partition: PartitionPlace) throws {
        guard partition.index < argument.rows.count, partition.index < argument.picks.count else {
            throw ComponentError(.internal, "A sample knows nothing of partition \(partition.index).", fault: .host)
        }
        rows = argument.rows[partition.index]
        picks = argument.picks[partition.index]
        random = SplitMix64(seed: argument.seed ^ UInt64(partition.index))
    }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows {
            guard picks > 0, rows > 0 else { return }
            if Int.random(in: 0..<rows, using: &random) < picks {
                try output.put(key: batch.keyBytes(at: row), value: batch.valueBytes(at: row))
                picks -= 1
            }
            rows -= 1
        }
    }
}

/// One row for each partition: its number and its count of rows.
struct PartitionRows: BatchBody {
    let place: PartitionPlace
    var count = 0

    init(_ argument: NoArgument, partition: PartitionPlace) { place = partition }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) { count += batch.rows }

    mutating func finish(into output: inout RowOutput) throws { try output.put(.int(place.index), count) }
}

/// Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). For samples; never for secrets.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
