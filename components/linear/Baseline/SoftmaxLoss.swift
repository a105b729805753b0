import Glibc
import NornKit

/// The loss of a logistic regression with its gradient: of two classes one score decides, of more the softmax of one score
/// a class. Weights are class after class, each with its intercept last where there is one.
struct SoftmaxLoss: Sendable {
    let instances: Instances
    /// For each row its class; with one score 1 means yes.
    let targets: [Int]
    /// C times the row's weight.
    let rowWeights: [Double]
    /// 1 for two classes.
    let scores: Int
    let options: BaselineOptions

    private var columns: Int { instances.columns }
    /// Weights of a score.
    var width: Int { columns + (options.fitsIntercept ? 1 : 0) }
    var count: Int { width * scores }

    func value(_ weights: [Double]) -> (loss: Double, gradient: [Double]) {
        var gradient = [Double](repeating: 0, count: count)
        var loss = penalty(weights, &gradient)
        var row = [Double](repeating: 0, count: scores)
        for index in 0..<instances.rows {
            for score in 0..<scores { row[score] = self.score(index, weights, score) }
            loss += rowWeights[index] * residuals(&row, target: targets[index])
            for score in 0..<scores { add(rowWeights[index] * row[score], index, score, to: &gradient) }
        }
        return (loss, gradient)
    }

    private func score(_ row: Int, _ weights: [Double], _ score: Int) -> Double {
        let start = score * width
        var sum = options.fitsIntercept ? weights[start + columns] : 0
        for column in 0..<columns { sum += weights[start + column] * instances.features[row * columns + column] }
        return sum
    }

    private func add(_ residual: Double, _ row: Int, _ score: Int, to gradient: inout [Double]) {
        let start = score * width
        for column in 0..<columns { gradient[start + column] += residual * instances.features[row * columns + column] }
        if options.fitsIntercept { gradient[start + columns] += residual }
    }

    /// Turns scores into probabilities minus what is right.
    /// - Returns: the row's loss
    private func residuals(_ row: inout [Double], target: Int) -> Double {
        guard scores > 1 else {
            let score = row[0]
            row[0] = PredictionTable.probability(score) - Double(target)
            // ln(1 + e^z) - yz, written so that no power overflows.
            return max(score, 0) + log1p(exp(-abs(score))) - Double(target) * score
        }
        let right = row[target]
        let sum = Self.exponentiate(&row)
        for score in row.indices { row[score] /= sum.total }
        row[target] -= 1
        return log(sum.total) + sum.highest - right
    }

    /// Takes e to each score, after the highest was taken away from all.
    static func exponentiate(_ row: inout [Double]) -> (total: Double, highest: Double) {
        let highest = row.max() ?? 0
        var total = 0.0
        for score in row.indices {
            row[score] = exp(row[score] - highest)
            total += row[score]
        }
        return (total, highest)
    }

    private func penalty(_ weights: [Double], _ gradient: inout [Double]) -> Double {
        guard options.isPenalised else { return 0 }
        var loss = 0.0
        for score in 0..<scores {
            let start = score * width
            for place in start..<start + columns {
                loss += weights[place] * weights[place] / 2
                gradient[place] += weights[place]
            }
            if options.fitsIntercept, let column = options.interceptColumn {
                let weight = weights[start + columns] / column
                loss += weight * weight / 2
                gradient[start + columns] += weight / column
            }
        }
        return loss
    }
}
