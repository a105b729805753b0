import NornKit

/// Draws rows: fewer of them without repeating any, or more with repeating some, which then get new ids `0`, `1`, ….
/// Of columns that several parties hold the guest draws and tells the hosts; of whole rows each party draws its own.
struct FederatedSample: Component {
    static let descriptor = ComponentDescriptor(
        name: "FederatedSample", roles: [.guest, .host], inputs: [.table("data")], outputs: [.table("data")])

    /// A row's value under this name, in the tables that the guest sends, is the encoded id that it repeats.
    static let message = "sampled_ids"

    func run(_ context: TaskContext<FederatedSampleParameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else { return try await context.outputs.table(stage.table) }
        let drawn: Table
        if context.parameters.isHetero, context.role == .host {
            guard let guest = context.parties[.guest].first else {
                throw ComponentError(.failedPrecondition, "FederatedSample needs a guest.", fault: .user)
            }
            drawn = try await context.federation.receiveTable(name: Self.message, from: guest)
        } else {
            drawn = try await context.draw(stage)
            if context.parameters.isHetero {
                try await context.federation.sendTable(drawn, name: Self.message, to: .host)
            }
        }
        try await context.handOut(stage, drawn)
    }
}

extension TaskContext<FederatedSampleParameters> {
    /// New id to old id.
    fileprivate func draw(_ stage: LocalStage) async throws -> Table {
        let rows = try await RowLabels(stage.table)
        guard !rows.ids.isEmpty else {
            throw ComponentError.invalid(field: stage.port, "the table has no rows")
        }
        var chance = try Chance(self, seed: parameters.seed)
        let writer = try tables.writer(partitions: stage.table.partitions)
        if parameters.mode.lowercased() == "exact_by_weight" {
            try drawByWeight(rows, into: writer, using: &chance)
            return try await writer.seal()
        }
        let drawn =
            parameters.mode.lowercased() == "stratified"
            ? try drawStratified(rows, using: &chance) : try drawRandom(rows, using: &chance)
        for (place, row) in drawn.enumerated() {
            let id = rows.ids[row]
            try writer.put(parameters.upsamples ? .text("\(place)") : id, id.encoded)
        }
        return try await writer.seal()
    }

    private func drawRandom(_ rows: RowLabels, using chance: inout Chance) throws -> [Int] {
        let drawn = try draw(Array(rows.ids.indices), share: parameters.share(), using: &chance)
        try tracking.series(
            "sample_count", namespace: "random", type: "SAMPLE_TEXT", points: [("count", .int(Int64(drawn.count)))])
        try tracking.summary(["sample_count": .int(Int64(drawn.count))])
        return drawn
    }

    private func drawStratified(_ rows: RowLabels, using chance: inout Chance) throws -> [Int] {
        guard let labels = rows.labels else {
            throw ComponentError.invalid(field: "mode", "the table has no label to stratify by")
        }
        let groups = Dictionary(grouping: rows.ids.indices) { labels[$0] }
        let standard =
            parameters.upsamples
            ? FederatedSampleParameters.upsampleShare : FederatedSampleParameters.downsampleShare
        let shares = try parameters.sharesByLabel() ?? groups.keys.sorted().map { ($0, standard) }
        for label in groups.keys.sorted() where !shares.contains(where: { $0.label == label }) {
            throw ComponentError.invalid(field: "fractions", "has no share for one of the table's labels")
        }
        var drawn: [Int] = []
        var counts: [(label: String, original: Int, sampled: Int)] = []
        for (label, share) in shares {
            let group = groups[label] ?? []
            let picked = group.isEmpty ? [] : try draw(group, share: share, using: &chance)
            drawn += picked
            counts.append((Int64(exactly: label).map { "\($0)" } ?? "\(label)", group.count, picked.count))
        }
        try reportStratified(counts)
        return drawn.shuffled(using: &chance)
    }

    private func draw(_ rows: [Int], share: Double, using chance: inout Chance) throws -> [Int] {
        let count = max(1, Int(share * Double(rows.count)))
        guard count <= FederatedSampleLimits.mostRows else {
            throw ComponentError.invalid(
                field: "fractions", "asks for \(count) rows; at most \(FederatedSampleLimits.mostRows) are possible")
        }
        guard parameters.upsamples else { return Array(rows.shuffled(using: &chance).prefix(count)) }
        return (0..<count).map { _ in rows[Int.random(in: 0..<rows.count, using: &chance)] }
    }

    /// As many copies of a row as its weight, rounded up, says; none of a row whose weight is zero.
    private func drawByWeight(_ rows: RowLabels, into writer: TableWriter, using chance: inout Chance) throws {
        guard let weights = rows.weights else {
            throw ComponentError.invalid(
                field: "mode", "the table has no weights for exact_by_weight: put SampleWeight before")
        }
        var count = 0
        for (id, weight) in zip(rows.ids, weights) where weight > Moments.zero {
            guard weight <= Double(FederatedSampleLimits.mostRows), count < FederatedSampleLimits.mostRows else {
                throw ComponentError.invalid(
                    field: "mode", "the weights ask for more than \(FederatedSampleLimits.mostRows) rows")
            }
            for _ in 0..<Int(weight.rounded(.up)) {
                try writer.put(.text(Self.newID(using: &chance)), id.encoded)
                count += 1
            }
        }
        try tracking.series(
            "sample_count", namespace: "exact_by_weight", type: "SAMPLE_TEXT", points: [("count", .int(Int64(count)))])
        try tracking.summary(["sample_count": .int(Int64(count)), "original_count": .int(Int64(rows.ids.count))])
    }

    private static func newID(using chance: inout Chance) -> String {
        func digits(_ word: UInt64) -> String {
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return digits(chance.next()) + digits(chance.next())
    }

    private func reportStratified(_ counts: [(label: String, original: Int, sampled: Int)]) throws {
        for (name, path) in [
            ("sample_count", \(label: String, original: Int, sampled: Int).sampled), ("original_count", \.original),
        ] {
            try tracking.series(
                name, namespace: "stratified", type: "SAMPLE_TABLE",
                points: counts.map { (.text($0.label), .int(Int64($0[keyPath: path]))) })
        }
        func map(_ numbers: [(String, Int)]) -> CBOR {
            .map(Dictionary(numbers.map { ($0.0, .int(Int64($0.1))) }, uniquingKeysWith: { $1 }))
        }
        try tracking.summary([
            "sample_count": map(counts.map { ($0.label, $0.sampled) }),
            "original_count": map(counts.map { ($0.label, $0.original) }),
        ])
    }

    fileprivate func handOut(_ stage: LocalStage, _ drawn: Table) async throws {
        // Rows that are drawn once keep their ids, so the engine can pick them.
        if !parameters.upsamples, parameters.mode.lowercased() != "exact_by_weight" {
            let rows = try await stage.table.join(drawn)
            try checkComplete(stage, drawn.count - rows.count)
            return try await outputs.table(rows, schema: stage.schema)
        }
        let values = Dictionary(
            try await stage.table.collect([UInt8].self).map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
        let writer = try tables.writer(partitions: stage.table.partitions)
        var missing = 0
        for (id, old) in try await drawn.collect([UInt8].self) {
            guard let value = old.withUnsafeBytes({ values[Key(encoded: $0)] }) else {
                missing += 1
                continue
            }
            try writer.put(id, value)
        }
        try checkComplete(stage, missing)
        try await outputs.table(try await writer.seal(), schema: stage.schema)
    }

    private func checkComplete(_ stage: LocalStage, _ missing: Int) throws {
        guard missing == 0 else {
            throw ComponentError(
                .failedPrecondition, field: stage.port,
                "\(missing) of the sampled rows are not in this table: put Intersection before", fault: .user)
        }
    }
}

enum FederatedSampleLimits {
    /// Rows that one sample may have.
    static let mostRows = 1 << 28
}
