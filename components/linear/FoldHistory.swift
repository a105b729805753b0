import NornKit

/// What cross validation hands out: every row of every fold under an id that says which, or the rows that came in.
struct FoldHistory {
    private let task: LinearTask
    private let asked: CrossValidation
    private let table: Table
    private var ids: [Key] = []
    private var predictions: [CBOR?] = []
    private var folds: [Int] = []
    private var parts: [Instances] = []

    init(_ task: LinearTask, asked: CrossValidation, table: Table) {
        self.task = task
        self.asked = asked
        self.table = table
    }

    /// - Parameter rows: this party's predictions; nil where it has none
    mutating func add(_ instances: Instances, _ rows: [CBOR]?, fold: Int, stage: String) throws {
        guard asked.outputsFoldHistory else { return }
        let named = instances.ids.map { Key.text("\($0.name)#fold\(fold)#\(stage)") }
        if asked.historyValueType == "instance" {
            var part = instances
            part.ids = named
            parts.append(part)
        } else {
            ids += named
            predictions += rows.map { $0.map(Optional.some) } ?? named.map { _ in nil }
            folds += named.map { _ in fold }
        }
    }

    func handOut() async throws {
        guard asked.outputsFoldHistory else { return try await task.outputs.table(table) }
        if asked.historyValueType == "instance" { return try await handOutInstances() }
        let hasPredictions = predictions.contains { $0 != nil }
        let header = hasPredictions ? PredictionTable.header : ["fold_num"]
        let schema = TableSchema(
            layout: hasPredictions ? .cbor : .text, header: header,
            content: hasPredictions ? .predictions : .raw, idName: table.schema?.idName ?? "id")
        let writer = try task.tables.writer()
        for (place, id) in ids.enumerated() {
            if let prediction = predictions[place] {
                try writer.put(id, prediction)
            } else {
                try writer.put(id, "\(folds[place])")
            }
        }
        try await task.outputs.table(try await writer.seal(schema: schema))
    }

    private func handOutInstances() async throws {
        guard let first = parts.first, var schema = table.schema else { return }
        // Columns may be in the guest's order.
        let names = Dictionary(zip(schema.header, schema.anonymousHeader), uniquingKeysWith: { $1 })
        schema.header = first.header
        schema.anonymousHeader = first.header.compactMap { names[$0] }
        var all = Instances(
            ids: [], header: first.header, features: [], labels: first.labels == nil ? nil : [],
            weights: first.weights == nil ? nil : [], matchIDs: first.matchIDs == nil ? nil : [])
        for part in parts {
            all.ids += part.ids
            all.features += part.features
            if let labels = part.labels { all.labels?.append(contentsOf: labels) }
            if let weights = part.weights { all.weights?.append(contentsOf: weights) }
            if let matchIDs = part.matchIDs { all.matchIDs?.append(contentsOf: matchIDs) }
        }
        try await task.outputs.table(try await task.tables.create(all, schema: schema))
    }
}

extension Key {
    /// An id as people write it.
    fileprivate var name: String {
        switch self {
        case .text(let text): text
        default: "\(self)"
        }
    }
}
