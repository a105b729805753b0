import NornKit

/// Replaces labels: of rows to learn from, or of predictions, which are put back with the model of the former. Hosts hand
/// their rows on.
struct LabelTransform: Component {
    struct Parameters: ComponentParameters {
        /// From label to label; null: the sorted labels become 0, 1, ….
        var encoder: [String: CBOR]? = nil
        /// The labels themselves, which say of what type the encoder's keys are.
        var labels: [CBOR]? = nil
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case encoder = "label_encoder"
            case labels = "label_list"
            case needRun = "need_run"
        }

        func validate() throws {
            for (from, to) in encoder ?? [:] {
                guard Double(from) != nil, to.double ?? to.text.flatMap(Double.init) != nil else {
                    throw ComponentError.invalid(
                        field: "label_encoder", "has a label that is not a number: texts are no labels in this version")
                }
            }
        }
    }

    static let predictions = Kernel.batches("change_predictions", revision: 1, keepsKeys: true, RelabelledRows.self)

    static let descriptor = ComponentDescriptor(
        name: "LabelTransform", roles: [.guest, .host, .local], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change, predictions])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        guard context.parameters.needRun, context.role != .host else {
            try await context.outputs.model(LabelTransformModel())
            return try await context.outputs.table(stage.table)
        }
        let isPredictions = stage.schema.content == .predictions
        let model =
            stage.isFitting
            ? try await LabelTransformModel(fitting: stage, context.parameters)
            : try await context.inputs.model(LabelTransformModel.self)
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        let encoder: CBOR = .map(model.parameters.encoder.mapValues(CBOR.text))
        try context.tracking.series(
            "label_transform", namespace: "train", type: "LABEL_TRANSFORM", points: [("label_transform", 0)],
            meta: ["label_encoder": encoder])
        try context.tracking.summary(["label_encoder": encoder])
        var pairs = model.pairs
        // A model that comes in with predictions made the labels that they were made with.
        if isPredictions, !stage.isFitting { pairs = pairs.map { ($0.to, $0.from) } }
        if isPredictions {
            let argument = RelabelledRows.Argument(from: pairs.map(\.from), to: pairs.map(\.to))
            let table = try await stage.table.mapPartitions(Self.predictions, with: argument)
            return try await context.outputs.table(table, schema: stage.schema)
        }
        var schema = stage.schema
        if schema.labelName != nil {
            schema.labelType = pairs.allSatisfy { $0.to == $0.to.rounded() } ? "int" : "float"
        }
        try await context.output(
            stage,
            changedBy: RowChange(
                input: stage.schema, output: schema, columns: schema.header.indices.map(ColumnChange.keep),
                labelsFrom: pairs.map(\.from), labelsTo: pairs.map(\.to)), RowKernels.change)
    }
}

/// With the names of FATE's LabelTransformMeta and LabelTransformParam; labels stand as text.
struct LabelTransformModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var needRun = true

        enum CodingKeys: String, CodingKey { case needRun = "need_run" }
    }

    struct Parameters: Codable, Sendable {
        var encoder: [String: String] = [:]
        var keyTypes: [String: String] = [:]
        var valueTypes: [String: String] = [:]

        enum CodingKeys: String, CodingKey {
            case encoder = "label_encoder"
            case keyTypes = "encoder_key_type"
            case valueTypes = "encoder_value_type"
        }
    }

    var meta = Meta()
    var parameters = Parameters()

    enum CodingKeys: String, CodingKey {
        case meta = "LabelTransformMeta"
        case parameters = "LabelTransformParam"
    }

    init() {}

    init(fitting stage: LocalStage, _ asked: LabelTransform.Parameters) async throws {
        var pairs: [(from: Double, to: Double)] = []
        if let encoder = asked.encoder {
            for (from, to) in encoder {
                guard let from = Double(from), let to = to.double ?? to.text.flatMap(Double.init) else { continue }
                pairs.append((from, to))
            }
        } else {
            pairs = try await Self.labels(stage).enumerated().map { ($0.element, Double($0.offset)) }
        }
        for (from, to) in pairs {
            let key = Self.text(from)
            parameters.encoder[key] = Self.text(to)
            parameters.keyTypes[key] = Int64(exactly: from) == nil ? "float" : "int"
            parameters.valueTypes[key] = Int64(exactly: to) == nil ? "float" : "int"
        }
    }

    static let mostLabels = 10_000

    /// Sorted, each once.
    private static func labels(_ stage: LocalStage) async throws -> [Double] {
        var labels: Set<Double> = []
        if stage.schema.content == .predictions {
            for row in try await stage.table.collect(CBOR.self) {
                for value in (row.value.array ?? []).prefix(2) { if let label = value.double { labels.insert(label) } }
            }
        } else {
            let rows = try await RowLabels(stage.table)
            guard let found = rows.labels else {
                throw ComponentError.invalid(field: stage.port, "the table has no label")
            }
            labels = Set(found)
        }
        guard labels.count <= mostLabels else {
            throw ComponentError.invalid(
                field: stage.port, "the label has \(labels.count) values; at most \(mostLabels) can be encoded")
        }
        return labels.sorted()
    }

    var pairs: [(from: Double, to: Double)] {
        parameters.encoder.compactMap { from, to in
            guard let from = Double(from), let to = Double(to) else { return nil }
            return (from, to)
        }
    }

    static func text(_ label: Double) -> String { Int64(exactly: label).map { "\($0)" } ?? "\(label)" }
}

/// Predictions with other labels, also in their details: label, predict_result, score, detail, type.
struct RelabelledRows: BatchBody {
    struct Argument: Codable, Sendable {
        let from: [Double]
        let to: [Double]
    }

    private let labels: [Double: Double]

    init(_ argument: Argument, partition: PartitionPlace) {
        labels = Dictionary(zip(argument.from, argument.to), uniquingKeysWith: { $1 })
    }

    mutating func step(_ batch: RowBatch, into output: inout RowOutput) throws {
        for row in 0..<batch.rows {
            guard case .array(var values) = try batch.value(at: row, as: CBOR.self), values.count == 5 else {
                throw ComponentError(.dataLoss, "a row of predictions has not five columns", fault: .host)
            }
            values[0] = changed(values[0])
            values[1] = changed(values[1])
            if let detail = values[3].text { values[3] = .text(changed(detail: detail)) }
            try output.put(key: batch.keyBytes(at: row), CBOR.array(values))
        }
    }

    private func changed(_ value: CBOR) -> CBOR {
        guard let label = value.double, let other = labels[label] else { return value }
        return Int64(exactly: other).map(CBOR.int) ?? .double(other)
    }

    /// The names of a JSON object of scores by label, which are the texts before a colon.
    private func changed(detail: String) -> String {
        detail.split(separator: "\"", omittingEmptySubsequences: false).enumerated().map { place, part in
            guard place % 2 == 1, let label = Double(part), let other = labels[label] else { return String(part) }
            return LabelTransformModel.text(other)
        }.joined(separator: "\"")
    }
}
