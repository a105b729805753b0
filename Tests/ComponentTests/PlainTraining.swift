import Glibc
import NornKit
import NornMath
import NornTestHost

/// What the parties of a linear model compute together, in one place and in the open.
struct PlainTraining {
    enum Loss { case logistic, squares }

    /// features with a 1 for the intercept
    let rows: [[Double]]
    /// where the 1 is; never penalised
    let intercept: Int
    /// y: of the logistic loss -1 and 1
    let targets: [Double]
    var loss = Loss.logistic
    /// of each row
    var weights: [Double]?
    var rate = 0.15
    var alpha = 0.01

    struct Result {
        var weights: [Double]
        var losses: [Double] = []
        /// after every epoch
        var path: [[Double]] = []
    }

    /// Gradient descent with L2.
    /// - Parameter order: the rows of every batch of an epoch; all rows when nil
    func run(
        _ method: OptimizerMethod = .sgd, epochs: Int, start: [Double]? = nil, from first: Int = 0,
        order: ((Int) -> [[Int]])? = nil
    ) -> Result {
        var result = Result(weights: start ?? [Double](repeating: 0, count: rows[0].count))
        var optimizer = Optimizer(method, rate: LearningRate(rate))
        for epoch in first..<epochs {
            let batches = order?(epoch) ?? [Array(rows.indices)]
            var total = 0.0
            for batch in batches {
                total += loss(batch, result.weights)
                let step = optimizer.step(gradient(batch, result.weights), epoch: epoch)
                for column in result.weights.indices { result.weights[column] -= step[column] }
            }
            result.losses.append(total / Double(batches.count))
            result.path.append(result.weights)
        }
        return result
    }

    /// Quasi-Newton over all rows, with the whole inverse Hessian as a matrix.
    func quasiNewton(epochs: Int, interval: Int, memory: Int) -> Result {
        let size = rows[0].count
        var result = Result(weights: [Double](repeating: 0, count: size))
        var pairs: [(s: [Double], y: [Double])] = []
        var seen: [[Double]] = []
        var last: [Double]?
        let all = Array(rows.indices)
        for epoch in 0..<epochs {
            result.losses.append(loss(all, result.weights))
            let matrix = inverse(pairs, size: size)
            let gradient = gradient(all, result.weights)
            seen.append(result.weights)
            let rate = LearningRate(rate).value(epoch: epoch)
            for row in 0..<size {
                result.weights[row] -= rate * zip(matrix[row], gradient).reduce(0) { $0 + $1.0 * $1.1 }
            }
            guard seen.count == interval else { continue }
            let average = (0..<size).map { column in
                seen.reduce(0) { $0 + $1[column] } / Double(interval)
            }
            seen = []
            if let before = last {
                let change = zip(average, before).map(-)
                let zero = [Double](repeating: 0, count: size)
                // Of a quadratic loss the gradient's change is the Hessian's product.
                let product = zip(self.gradient(all, change), self.gradient(all, zero)).map(-)
                pairs.append((change, product))
                if pairs.count > memory { pairs.removeFirst() }
            }
            last = average
        }
        return result
    }

    private func inverse(_ pairs: [(s: [Double], y: [Double])], size: Int) -> [[Double]] {
        var scale = 1.0
        if let (s, y) = pairs.last { scale = dot(s, y) / dot(y, y) }
        var matrix = (0..<size).map { row in (0..<size).map { $0 == row ? scale : 0 } }
        for (s, y) in pairs {
            let rho = 1 / dot(s, y)
            let left = (0..<size).map { row in (0..<size).map { ($0 == row ? 1 : 0) - rho * s[row] * y[$0] } }
            let middle = product(left, matrix)
            let right = (0..<size).map { row in (0..<size).map { left[$0][row] } }
            matrix = product(middle, right)
            for row in 0..<size { for column in 0..<size { matrix[row][column] += rho * s[row] * s[column] } }
        }
        return matrix
    }

    private func product(_ left: [[Double]], _ right: [[Double]]) -> [[Double]] {
        left.map { row in right[0].indices.map { column in zip(row, right).reduce(0) { $0 + $1.0 * $1.1[column] } } }
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }

    func score(_ row: [Double], _ weights: [Double]) -> Double { dot(row, weights) }

    private func loss(_ batch: [Int], _ weights: [Double]) -> Double {
        let sum = batch.reduce(0.0) { sum, row in
            let (z, y) = (score(rows[row], weights), targets[row])
            let own = loss == .logistic ? log(2.0) - y * z / 2 + z * z / 8 : (z - y) * (z - y) / 2
            return sum + (self.weights?[row] ?? 1) * own
        }
        let squares = weights.indices.reduce(0) { $0 + ($1 == intercept ? 0 : weights[$1] * weights[$1]) }
        return sum / Double(batch.count) + alpha / 2 * squares
    }

    private func gradient(_ batch: [Int], _ weights: [Double]) -> [Double] {
        var gradient = weights.indices.map { $0 == intercept ? 0 : alpha * weights[$0] }
        for row in batch {
            let (z, y) = (score(rows[row], weights), targets[row])
            let d = (loss == .logistic ? z / 4 - y / 2 : z - y) * (self.weights?[row] ?? 1)
            for column in gradient.indices { gradient[column] += d * rows[row][column] / Double(batch.count) }
        }
        return gradient
    }
}

extension SmallData {
    /// Guest's columns, 1, host's columns.
    var plainRows: [[Double]] { zip(guest, host).map { $0 + [1] + $1 } }

    var signs: [Double] { labels.map { $0 == 1 ? 1 : -1 } }

    /// Three classes, by the guest's first column and the host's second.
    var classes: [Double] { zip(guest, host).map { $0[0] > 0.5 ? 2 : $1[1] > 0 ? 7 : 0 } }

    /// A number to predict.
    var amounts: [Double] { zip(guest, host).map { 2 * $0[0] - $1[2] + 0.5 } }

    var rowWeights: [Double] { ids.indices.map { 0.5 + Double($0 % 3) } }

    /// Parties whose guest has the given labels, and weights of rows where they are given.
    func parties(
        labels: [Double], weights: [Double]? = nil, port: String = "train_data", guestMore: [TestInput] = [],
        hostMore: [TestInput] = []
    ) -> [TestParty] {
        [
            TestParty(
                .guest, "9999",
                inputs: [table(port, guest, header: ["g0", "g1"], labels, weights)] + guestMore),
            TestParty(
                .host, "10000", inputs: [table(port, host, header: ["h0", "h1", "h2"], nil, nil)] + hostMore),
            TestParty(.arbiter, "10001"),
        ]
    }

    func table(
        _ name: String, _ columns: [[Double]], header: [String], _ labels: [Double]?, _ weights: [Double]?
    ) -> TestInput {
        let schema = TableSchema(
            layout: .float64, header: header, content: .instances, labelName: labels == nil ? nil : "y",
            weight: weights != nil)
        return .table(
            name,
            ids.indices.map { row in
                (Key.text(ids[row]), [labels?[row], weights?[row]].compactMap { $0 } + columns[row])
            }, schema: schema)
    }
}
