import NornKit

/// Which regressions a table's labels need: one for two classes; for more one softmax, or one a class.
struct BaselineTraining {
    private let instances: Instances
    private let options: BaselineOptions
    private let classes: [Double]
    /// For each row the place of its class.
    private let targets: [Int]
    private let rowWeights: [Double]

    /// - Throws: `invalidArgument` for labels of one class only, or of too many.
    init(_ instances: Instances, _ options: BaselineOptions) throws {
        let labels = instances.labels ?? []
        let classes = try Targets.classes(labels)
        let targets = labels.map { classes.firstIndex(of: $0) ?? 0 }
        self.instances = instances
        self.options = options
        self.classes = classes
        self.targets = targets
        rowWeights = Self.rowWeights(instances, targets, classes, options)
    }

    var isMultinomial: Bool { options.isMultinomial && classes.count > 2 }

    /// C times the table's weight of a row times that of its class.
    private static func rowWeights(
        _ instances: Instances, _ targets: [Int], _ classes: [Double], _ options: BaselineOptions
    ) -> [Double] {
        let own = instances.weights ?? [Double](repeating: 1, count: instances.rows)
        let factors: [Double]
        switch options.rowWeights {
        case .same: factors = classes.map { _ in 1 }
        case .given(let weights): factors = classes.map { weights[className($0)] ?? 1 }
        case .balanced:
            var counts = [Double](repeating: 0, count: classes.count)
            for target in targets { counts[target] += 1 }
            factors = counts.map { $0 > 0 ? Double(instances.rows) / (Double(classes.count) * $0) : 0 }
        }
        return zip(own, targets).map { options.inverseRegularisation * $0 * factors[$1] }
    }

    func run(checkCancelled: () throws -> Void) throws -> LinearModel.Parameters {
        var parameters = LinearModel.Parameters()
        if classes.count == 2 {
            parameters = try fit(targets, scores: 1, checkCancelled)[0]
        } else {
            let parts =
                isMultinomial
                ? try fit(targets, scores: classes.count, checkCancelled)
                : try classes.indices.flatMap { place in
                    try fit(targets.map { $0 == place ? 1 : 0 }, scores: 1, checkCancelled)
                }
            parameters.needsOneVsRest = true
            parameters.header = instances.header
            parameters.iterations = parts.map(\.iterations).max() ?? 0
            parameters.isConverged = parts.allSatisfy(\.isConverged)
            parameters.completedModels = parts
        }
        parameters.classes = classes
        return parameters
    }

    /// - Returns: the weights of each score
    private func fit(
        _ targets: [Int], scores: Int, _ checkCancelled: () throws -> Void
    ) throws -> [LinearModel.Parameters] {
        let loss = SoftmaxLoss(
            instances: instances, targets: targets, rowWeights: rowWeights, scores: scores, options: options)
        let result = try BaselineFit(loss: loss).run(checkCancelled: checkCancelled)
        return (0..<scores).map { score in
            var part = LinearModel.Parameters()
            part.set(
                weights: Array(result.weights[score * loss.width..<(score + 1) * loss.width]),
                header: instances.header)
            part.iterations = result.losses.count
            part.lossHistory = result.losses
            part.isConverged = result.isConverged
            return part
        }
    }
}
