import NornKit

/// Gives rows weights: by their label, or from a column, which then is no feature any more. Hosts hand their rows on.
struct SampleWeight: Component {
    struct Parameters: ComponentParameters {
        /// `balanced`, or weights by label.
        var classWeight: CBOR = .null
        var columnName: String? = nil
        /// Divides the column's weights by their mean.
        var normalizes = false
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case classWeight = "class_weight"
            case columnName = "sample_weight_name"
            case normalizes = "normalize"
            case needRun = "need_run"
        }

        func validate() throws {
            if classWeight != .null, classWeight.text?.lowercased() != "balanced" { _ = try weightsByLabel() }
        }

        func weightsByLabel() throws -> [Double: Double] {
            guard let map = classWeight.map else {
                throw ComponentError.invalid(
                    field: "class_weight", "is neither \"balanced\" nor weights by label")
            }
            var weights: [Double: Double] = [:]
            for (label, weight) in map {
                guard let label = Double(label), let weight = weight.double, weight >= 0 else {
                    throw ComponentError.invalid(
                        field: "class_weight", "has a label or a weight that is not a number from 0 on")
                }
                weights[label] = weight
            }
            return weights
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "SampleWeight", roles: [.guest, .host], inputs: [.table("data"), .model("model")],
        outputs: [.table("data"), .model("model")], kernels: [RowKernels.change])

    func run(_ context: TaskContext<Parameters>) async throws {
        let stage = try await LocalStage(context.inputs)
        let asked = context.parameters
        guard asked.needRun, context.role == .guest else {
            try await context.outputs.model(SampleWeightModel(header: stage.schema.header))
            return try await context.outputs.table(stage.table)
        }
        let model =
            stage.isFitting
            ? try SampleWeightModel(fitting: try await stage.columns(), asked, log: context.log)
            : try await context.inputs.model(SampleWeightModel.self)
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        try context.tracking.series(
            "sample_weight", namespace: "train", type: "SAMPLE_WEIGHT", points: [("sample_weight", 0)],
            meta: model.summary)
        try context.tracking.summary(model.summary)
        guard !model.parameters.mode.isEmpty else { return try await context.outputs.table(stage.table) }
        try await context.output(
            stage, changedBy: try model.change(stage, of: context.party), RowKernels.change)
    }
}

/// What `SampleWeight` learned, with the names of FATE's SampleWeightModelMeta and SampleWeightModelParam.
struct SampleWeightModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var columnName = ""
        var normalizes = false
        var needRun = true

        enum CodingKeys: String, CodingKey {
            case columnName = "sample_weight_name"
            case normalizes = "normalize"
            case needRun = "need_run"
        }
    }

    struct Parameters: Codable, Sendable {
        var header: [String]
        /// `class weight`, `sample weight name`, or nothing
        var mode = ""
        var labels: [Double] = []
        var weights: [Double] = []
        /// What the column's weights are multiplied by.
        var factor = 1.0

        enum CodingKeys: String, CodingKey {
            case header, labels, weights, factor
            case mode = "weight_mode"
        }
    }

    var meta = Meta()
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "SampleWeightModelMeta"
        case parameters = "SampleWeightModelParam"
    }

    static let byClass = "class weight"
    static let byColumn = "sample weight name"

    init(header: [String]) { parameters = Parameters(header: header) }

    init(fitting data: FeatureColumns, _ asked: SampleWeight.Parameters, log: Log) throws {
        meta = Meta(columnName: asked.columnName ?? "", normalizes: asked.normalizes)
        parameters = Parameters(header: data.header)
        if asked.classWeight != .null {
            let weights =
                asked.classWeight.text == nil ? try asked.weightsByLabel() : try Self.balanced(data)
            parameters.mode = Self.byClass
            parameters.labels = weights.keys.sorted()
            parameters.weights = parameters.labels.map { weights[$0] ?? 1 }
        }
        guard let name = asked.columnName else { return }
        if asked.classWeight != .null {
            log.warning("[WARN] class_weight and sample_weight_name are both given: the column's weights count")
        }
        parameters.mode = Self.byColumn
        parameters.factor = try Self.factor(data, name, asked, log)
    }

    /// n / (classes · rows of the class)
    private static func balanced(_ data: FeatureColumns) throws -> [Double: Double] {
        guard let labels = data.labels else {
            throw ComponentError.invalid(field: "class_weight", "the table has no label")
        }
        let counts = Dictionary(labels.map { ($0, 1.0) }, uniquingKeysWith: +)
        guard counts.count <= mostClasses else {
            throw ComponentError.invalid(
                field: "class_weight", "the label has \(counts.count) values; at most \(mostClasses) are classes")
        }
        return counts.mapValues { Double(labels.count) / (Double(counts.count) * $0) }
    }

    static let mostClasses = 1000

    private static func factor(
        _ data: FeatureColumns, _ name: String, _ asked: SampleWeight.Parameters, _ log: Log
    ) throws -> Double {
        guard let column = data.header.firstIndex(of: name) else {
            throw ComponentError.invalid(field: "sample_weight_name", "the table has no column \"\(name)\"")
        }
        let values = data.values(column)
        guard values.allSatisfy({ !$0.isNaN }) else {
            throw ComponentError.invalid(field: name, "the column of weights has missing values")
        }
        if values.contains(where: { $0 < 0 }) { log.warning("[WARN] the column of weights has negative values") }
        guard asked.normalizes else { return 1 }
        let sum = values.reduce(0, +)
        guard abs(sum) > Moments.zero else {
            throw ComponentError.invalid(field: "normalize", "the weights add up to zero")
        }
        return Double(values.count) / sum
    }

    func change(_ stage: LocalStage, of party: Party) throws -> RowChange {
        let kept =
            parameters.mode == Self.byColumn
            ? parameters.header.filter { $0 != meta.columnName } : parameters.header
        let places = try stage.places(of: kept)
        let anonymous = AnonymousNames.of(stage.schema, party)
        var output = stage.schema(header: kept, of: party, anonymous: places.map { anonymous[$0] })
        output.weight = true
        let column = parameters.mode == Self.byColumn ? try stage.places(of: [meta.columnName]).first : nil
        return RowChange(
            input: stage.schema, output: output, columns: places.map(ColumnChange.keep),
            weighting: RowChange.Weighting(
                labels: parameters.labels, weights: parameters.weights, column: column, factor: parameters.factor))
    }

    var summary: [String: CBOR] {
        func text(_ label: Double) -> String { Int64(exactly: label).map { "\($0)" } ?? "\(label)" }
        let weights = Dictionary(
            zip(parameters.labels.map(text), parameters.weights.map(CBOR.double)), uniquingKeysWith: { $1 })
        return [
            "weight_mode": .text(parameters.mode), "class_weight": weights.isEmpty ? .null : .map(weights),
            "classes": .array(weights.keys.sorted().map(CBOR.text)),
            "sample_weight_name": meta.columnName.isEmpty ? .null : .text(meta.columnName),
        ]
    }
}
