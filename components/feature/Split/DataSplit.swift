import NornKit

/// Splits a table whose columns several parties hold into rows to train, to validate and to test with (FATE's
/// HeteroDataSplit): the guest draws and tells the hosts which ids are in which part.
struct HeteroDataSplit: Component {
    static let descriptor = ComponentDescriptor(
        name: "HeteroDataSplit", roles: [.guest, .host], inputs: [.table("data")],
        outputs: [.table("train_data"), .table("validate_data"), .table("test_data")])

    func run(_ context: TaskContext<DataSplitParameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else { return try await context.handOnUnsplit(stage) }
        guard context.role == .host else {
            let split = try await context.split(stage)
            for (part, ids) in zip(SplitPart.allCases, split) {
                try await context.federation.sendTable(ids, name: part.message, to: .host)
            }
            return try await context.handOut(stage, split)
        }
        guard let guest = context.parties[.guest].first else {
            throw ComponentError(.failedPrecondition, "HeteroDataSplit needs a guest.", fault: .user)
        }
        var split: [Table] = []
        for part in SplitPart.allCases {
            split.append(try await context.federation.receiveTable(name: part.message, from: guest))
        }
        guard split.reduce(0, { $0 + $1.count }) == stage.table.count else {
            throw ComponentError(
                .failedPrecondition, field: stage.port,
                "this table has \(stage.table.count) rows and \(guest) split \(split.reduce(0) { $0 + $1.count }): put "
                    + "Intersection before", fault: .user)
        }
        try await context.handOut(stage, split)
    }
}

/// The same for rows that each party holds whole: each splits its own.
struct HomoDataSplit: Component {
    static let descriptor = ComponentDescriptor(
        name: "HomoDataSplit", roles: [.guest, .host], inputs: [.table("data")],
        outputs: [.table("train_data"), .table("validate_data"), .table("test_data")])

    func run(_ context: TaskContext<DataSplitParameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun else { return try await context.handOnUnsplit(stage) }
        try await context.handOut(stage, try await context.split(stage))
    }
}

enum SplitPart: String, CaseIterable {
    case train, validate, test

    var port: String { "\(rawValue)_data" }
    var message: String { "\(rawValue)_ids" }
}

extension TaskContext<DataSplitParameters> {
    /// Tables of the ids of each part.
    fileprivate func split(_ stage: LocalStage) async throws -> [Table] {
        let labels = try await RowLabels(stage.table)
        let sizes = try SplitSizes(parameters, rows: labels.ids.count)
        let strata = parameters.isStratified ? try strata(labels) : nil
        var chance = try Chance(self, seed: parameters.seed)
        let parts = SplitDraw(sizes: sizes, strata: strata, shuffles: parameters.shuffles)
            .parts(rows: labels.ids.count, using: &chance)
        try report(parts, strata: strata)
        var split: [Table] = []
        for rows in [parts.train, parts.validate, parts.test] {
            let writer = try tables.writer(partitions: stage.table.partitions)
            for row in rows { try writer.put(labels.ids[row], "") }
            split.append(try await writer.seal())
        }
        return split
    }

    private func strata(_ rows: RowLabels) throws -> [Double] {
        guard let labels = rows.labels else {
            throw ComponentError.invalid(field: "stratified", "the table has no label to stratify by")
        }
        guard let points = parameters.splitPoints?.sorted(), !points.isEmpty else { return labels }
        // One more bin lies above the last point.
        return labels.map { label in Double(points.firstIndex { label <= $0 } ?? points.count) }
    }

    fileprivate func handOut(_ stage: LocalStage, _ split: [Table]) async throws {
        for (part, ids) in zip(SplitPart.allCases, split) {
            let rows = try await stage.table.join(ids)
            guard rows.count == ids.count else {
                throw ComponentError(
                    .failedPrecondition, field: stage.port,
                    "\(ids.count - rows.count) of the rows to \(part) are not in this table: put Intersection before",
                    fault: .user)
            }
            try await outputs.table(rows, as: part.port, schema: stage.schema)
        }
    }

    fileprivate func handOnUnsplit(_ stage: LocalStage) async throws {
        let none = try await stage.table.subtractByKey(stage.table)
        try await outputs.table(stage.table, as: SplitPart.train.port, schema: stage.schema)
        for part in [SplitPart.validate, .test] {
            try await outputs.table(none, as: part.port, schema: stage.schema)
        }
    }

    /// FATE's counts, shares rounded to three digits, and labels of the parts.
    private func report(_ parts: SplitDraw.Parts, strata: [Double]?) throws {
        let counts = ["train": parts.train.count, "validate": parts.validate.count, "test": parts.test.count]
        let total = counts.values.reduce(0, +)
        var countInfo = counts.mapValues { CBOR.int(Int64($0)) }
        countInfo["original"] = .int(Int64(total))
        let ratios = counts.mapValues { CBOR.double((Double($0) / Double(max(1, total)) * 1000).rounded() / 1000) }
        var meta: [String: CBOR] = [
            "data_split_count_info": .map(countInfo), "data_split_ratio_info": .map(ratios),
            "stratified": .bool(strata != nil),
        ]
        if let strata { meta["data_split_label_info"] = .map(labelInfo(parts, strata)) }
        try tracking.series(
            "data_split", namespace: "train", type: "DATA_SPLIT", points: [("data_split", 0)], meta: meta)
        try tracking.summary(meta)
    }

    private func labelInfo(_ parts: SplitDraw.Parts, _ strata: [Double]) -> [String: CBOR] {
        let names = Set(strata).sorted()
        func text(_ stratum: Double) -> String { Int64(exactly: stratum).map { "\($0)" } ?? "\(stratum)" }
        func counts(_ rows: [Int]) -> CBOR {
            var counts = Dictionary(uniqueKeysWithValues: names.map { (text($0), 0) })
            for row in rows { counts[text(strata[row]), default: 0] += 1 }
            return .map(counts.mapValues { .int(Int64($0)) })
        }
        var info: [String: CBOR] = [
            "original": counts(Array(strata.indices)), "train": counts(parts.train),
            "validate": counts(parts.validate), "test": counts(parts.test),
        ]
        if let points = parameters.splitPoints?.sorted() {
            info["split_points"] = .array(points.map(CBOR.double))
            info["continuous_label"] = true
        } else {
            info["label_names"] = .array(names.map(CBOR.double))
            info["continuous_label"] = false
        }
        return info
    }
}

/// The ids of a table's rows in their order, and the labels where there are some.
struct RowLabels: Sendable {
    let ids: [Key]
    let labels: [Double]?
    let weights: [Double]?

    init(_ table: Table) async throws {
        let format = try table.schema.flatMap { $0.content == .instances ? try InstanceFormat($0) : nil }
        var row = format?.emptyRow ?? InstanceRow(values: [])
        var read: [(id: Key, label: Double, weight: Double)] = []
        read.reserveCapacity(table.count)
        try await table.forEachBatch { batch in
            for index in 0..<batch.rows {
                try format?.read(batch.valueBytes(at: index), into: &row)
                read.append((batch.key(at: index), row.label, row.weight))
            }
        }
        read.sort { $0.id < $1.id }
        ids = read.map(\.id)
        labels = format?.hasLabel == true ? read.map(\.label) : nil
        weights = format?.hasWeight == true ? read.map(\.weight) : nil
    }
}
