import NornKit
import NornMath

/// Measures predictions against labels, at each party that has both; the others have nothing to do.
struct Evaluation: Component {
    static let descriptor = ComponentDescriptor(
        name: "Evaluation", roles: [.guest, .host, .arbiter], inputs: [.table("data")])

    func run(_ context: TaskContext<EvaluationParameters>) async throws {
        let parameters = context.parameters
        guard parameters.needRun else {
            context.log.info("need_run is false: nothing is measured")
            return
        }
        guard context.role != .arbiter || parameters.runClusteringArbiterMetric else {
            context.log.info("labels are not at the arbiter: nothing to measure here")
            return
        }
        let artifacts = context.inputs.artifacts.filter { $0.name == "data" && $0.kind == .table }
        if parameters.kind == .clustering { try check(artifacts, context) }
        var summary: [String: CBOR] = [:]
        var stability = StabilityPair()
        for artifact in artifacts {
            let table = try await context.inputs.table("data", index: artifact.index)
            if context.role != .guest, table.schema?.layout != .cbor { continue }
            let source = artifact.source.split(separator: ".").first.map(String.init) ?? artifact.source
            let report = EvaluationReport(source: source, parameters: parameters, tracking: context.tracking)
            let measured =
                parameters.kind == .clustering
                ? try report.clusters(try await ClusterRows.read(table), log: context.log)
                : try await predictions(table, report, &stability, context)
            for (name, values) in measured { summary[name] = .map(values) }
        }
        if summary.isEmpty { context.log.info("this party has no labels with predictions: nothing to measure here") }
        try context.tracking.summary(summary)
    }

    /// - Returns: for each name of a series of single values, the values of each type of prediction
    private func predictions(
        _ table: Table, _ report: EvaluationReport, _ stability: inout StabilityPair,
        _ context: TaskContext<EvaluationParameters>
    ) async throws -> [String: [String: CBOR]] {
        var measured: [String: [String: CBOR]] = [:]
        for (namespace, predictions) in try await Predictions.read(table).sorted(by: { $0.key < $1.key }) {
            for (name, values) in try report.publish(predictions, as: namespace, stability: &stability) {
                measured[name, default: [:]][namespace] = .map(values)
            }
            try context.checkCancelled()
        }
        return measured
    }

    private func check(_ artifacts: [Inputs.Artifact], _ context: TaskContext<EvaluationParameters>) throws {
        guard artifacts.count <= 1 else {
            throw ComponentError(
                .failedPrecondition, field: "data", "eval_type clustering measures one input, not \(artifacts.count)",
                fault: .user)
        }
    }
}

/// Scores of training and validation, which the stability index compares. A pair is measured once.
struct StabilityPair {
    private var train: [(score: Double, isPositive: Bool)]?
    private var validate: [(score: Double, isPositive: Bool)]?

    /// - Returns: the index, when these rows make a pair whole
    mutating func take(
        _ rows: [(score: Double, isPositive: Bool)], as namespace: String
    ) throws(MetricError) -> PopulationStability? {
        if namespace == "train" { train = rows } else if namespace == "validate" { validate = rows }
        guard let train, let validate else { return nil }
        self.train = nil
        self.validate = nil
        return try PopulationStability(expected: train, actual: validate)
    }
}
