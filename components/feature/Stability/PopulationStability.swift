import Glibc
import NornKit

/// How much columns of one table (actual) have drifted from those of another (expected): the population stability index
/// Σ (a - e) ln(a / e) over the shares of rows in each of the expected table's quantile bins, one more bin for missing
/// values. FATE's PSI.
struct PopulationStability: Component {
    struct Parameters: ComponentParameters {
        var bins = 20
        var needRun = true
        /// A number that counts as missing.
        var missing: Double? = nil
        /// Quantiles are exact here.
        var error = 1e-4

        enum CodingKeys: String, CodingKey {
            case bins = "max_bin_num"
            case needRun = "need_run"
            case missing = "dense_missing_val"
            case error = "binning_error"
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(bins, forKey: .bins)
            try values.encode(needRun, forKey: .needRun)
            try values.encode(missing, forKey: .missing)
            try values.encode(error, forKey: .error)
        }

        func validate() throws {
            guard 1...BinningParameters.mostBins ~= bins else {
                throw ComponentError.invalid(
                    field: "max_bin_num", "is \(bins), not between 1 and \(BinningParameters.mostBins)")
            }
            guard 0...1 ~= error else {
                throw ComponentError.invalid(field: "binning_error", "is not between 0 and 1")
            }
        }
    }

    static let descriptor = ComponentDescriptor(
        name: "PSI", roles: [.guest, .host, .local],
        inputs: [.table("train_data"), .table("validate_data")],
        outputs: [.model("model")])

    /// Stands for a share of no rows.
    static let smallestShare = 1e-6

    func run(_ context: TaskContext<Parameters>) async throws {
        guard context.parameters.needRun else { return }
        let expected = try await FeatureColumns(
            try await context.inputs.table("train_data"), field: "train_data")
        let actual = try await FeatureColumns(
            try await context.inputs.table("validate_data"), field: "validate_data")
        guard expected.rows > 0, actual.rows > 0 else {
            throw ComponentError.invalid(
                field: expected.rows > 0 ? "validate_data" : "train_data", "the table has no rows")
        }
        var features: [StabilityModel.Feature] = []
        for (column, name) in expected.header.enumerated() {
            guard let other = actual.header.firstIndex(of: name) else {
                throw ComponentError(
                    .failedPrecondition, field: "validate_data", "the table has no column \"\(name)\"",
                    fault: .user)
            }
            features.append(
                StabilityModel.Feature(
                    name: name, expected: present(expected.values(column), context.parameters),
                    actual: present(actual.values(other), context.parameters), bins: context.parameters.bins))
        }
        let model = StabilityModel(features, bins: context.parameters.bins)
        try await context.outputs.model(model)
        try context.tracking.model(model.parameters)
        try context.tracking.summary([
            "psi_scores": .map(model.parameters.totals.mapValues(CBOR.double))
        ])
        try context.tracking.series(
            "psi", namespace: "train", type: "PSI",
            points: features.map { (.text($0.name), .double($0.psi)) })
    }

    private func present(_ values: [Double], _ asked: Parameters) -> [Double] {
        guard let missing = asked.missing else { return values }
        return values.map { $0 == missing ? .nan : $0 }
    }
}

/// With the names of FATE's PsiMeta and PsiSummary.
struct StabilityModel: Codable, Sendable {
    struct Meta: Codable, Sendable {
        var bins: Int

        enum CodingKeys: String, CodingKey { case bins = "max_bin_num" }
    }

    struct Parameters: Codable, Sendable {
        var totals: [String: Double]
        var features: [Feature]
        var modelName = "psi"

        enum CodingKeys: String, CodingKey {
            case totals = "total_score"
            case features = "features"
            case modelName = "model_name"
        }
    }

    struct Feature: Codable, Sendable {
        var name: String
        var psi: Double
        var expectedShares: [Double]
        var expectedCounts: [Int]
        var actualShares: [Double]
        var actualCounts: [Int]
        var intervals: [String]

        enum CodingKeys: String, CodingKey {
            case psi
            case name = "feature_name"
            case expectedShares = "expect"
            case expectedCounts = "expect_count"
            case actualShares = "actual"
            case actualCounts = "actual_count"
            case intervals = "interval"
        }

        init(name: String, expected: [Double], actual: [Double], bins: Int) {
            self.name = name
            let sorted = expected.withoutMissing.sorted()
            let points = sorted.isEmpty ? [] : SplitPoints.quantile(sorted, bins: bins)
            func counts(_ values: [Double]) -> [Int] {
                var counts = [Int](repeating: 0, count: points.count + 1)
                for value in values { counts[points.isEmpty ? 0 : BinPlace.of(value, in: points)] += 1 }
                return counts
            }
            expectedCounts = counts(expected)
            actualCounts = counts(actual)
            func shares(_ counts: [Int]) -> [Double] {
                let rows = Double(counts.reduce(0, +))
                return counts.map { $0 == 0 ? PopulationStability.smallestShare : Double($0) / rows }
            }
            expectedShares = shares(expectedCounts)
            actualShares = shares(actualCounts)
            psi = zip(expectedShares, actualShares).reduce(0) { $0 + ($1.1 - $1.0) * log($1.1 / $1.0) }
            let bounds = zip(
                ["-inf"] + points.dropLast().map { "\($0)" }, points.dropLast().map { "\($0)]" } + ["+inf)"]
            )
            intervals = (points.isEmpty ? [] : bounds.map { "(\($0), \($1)" }) + ["missing"]
        }
    }

    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "PSIMeta"
        case parameters = "PSIParam"
    }

    init(_ features: [Feature], bins: Int) {
        meta = Meta(bins: bins)
        parameters = Parameters(
            totals: Dictionary(features.map { ($0.name, $0.psi) }, uniquingKeysWith: { $1 }),
            features: features)
    }
}
