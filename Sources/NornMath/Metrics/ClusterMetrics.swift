/// How well clusters agree with classes that are known. All metrics are those of scikit-learn's module `metrics`.
public struct ClusterMetrics: Sendable {
    private let table: ClassMetrics

    /// - Throws: ``MetricError`` when the lengths differ or there is no row.
    public init(truth: [Double], clusters: [Double]) throws(MetricError) {
        table = try ClassMetrics(truth: truth, predictions: clusters)
    }

    /// The true classes that rows have, ascending.
    public var classes: [Double] { table.classes.indices.filter { rowSum($0) > 0 }.map { table.classes[$0] } }

    /// Rows of each of ``classes`` (outer) in the clusters 0 to the highest (inner).
    public var contingency: [[Int]] {
        let highest = table.classes.indices.filter { columnSum($0) > 0 }.map { Int(table.classes[$0]) }.max() ?? 0
        return table.classes.indices.filter { rowSum($0) > 0 }.map { row in
            (0...max(0, highest)).map { cluster in
                table.classes.firstIndex(of: Double(cluster)).map { table.counts[row][$0] } ?? 0
            }
        }
    }

    /// Pairs in one cluster and class, against the geometric mean of pairs in one cluster and pairs in one class.
    public var fowlkesMallows: Double {
        let both = pairs { table.counts.flatMap { $0 } }
        let (inClass, inCluster) = (pairs(rowSums), pairs(columnSums))
        return both == 0 ? 0 : (both / inClass).squareRoot() * (both / inCluster).squareRoot()
    }

    /// The share of pairs on which classes and clusters agree, corrected for chance (Hubert and Arabie).
    public var adjustedRand: Double {
        let both = pairs { table.counts.flatMap { $0 } }
        let (inClass, inCluster) = (pairs(rowSums), pairs(columnSums))
        let all = Double(table.rows) * Double(table.rows - 1) / 2
        guard all > 0 else { return 1 }
        let chance = inClass * inCluster / all
        let most = (inClass + inCluster) / 2
        return most == chance ? 1 : (both - chance) / (most - chance)
    }

    /// Of the rows that are 1 in truth or by cluster, the share that are both; nil where there are more than two classes.
    public var jaccard: Double? {
        guard table.classes.allSatisfy({ $0 == 0 || $0 == 1 }) else { return nil }
        guard let one = table.classes.firstIndex(of: 1) else { return 0 }
        let both = table.counts[one][one]
        let either = rowSum(one) + columnSum(one) - both
        return either == 0 ? 0 : Double(both) / Double(either)
    }

    private func rowSum(_ row: Int) -> Int { table.counts[row].reduce(0, +) }
    private func columnSum(_ column: Int) -> Int { table.counts.reduce(0) { $0 + $1[column] } }
    private func rowSums() -> [Int] { table.classes.indices.map(rowSum) }
    private func columnSums() -> [Int] { table.classes.indices.map(columnSum) }

    private func pairs(_ counts: () -> [Int]) -> Double {
        counts().reduce(0) { $0 + Double($1) * Double($1 - 1) / 2 }
    }
}

/// How compact clusters are, and how far from each other.
public struct ClusterDistances: Sendable {
    /// mean distance of each cluster's rows to its centre
    public let mean: [Double]
    /// largest distance of each cluster's rows to its centre
    public let radius: [Double]
    /// squared distances of each cluster's centre to every other's, cluster after cluster
    public let between: [Double]

    /// Throws `lengthsDiffer` where there are not as many radii as clusters, and distances as ordered pairs of them.
    public init(mean: [Double], radius: [Double], between: [Double]) throws(MetricError) {
        guard mean.count == radius.count, between.count >= mean.count * (mean.count - 1) else {
            throw MetricError.lengthsDiffer(scores: between.count, labels: mean.count)
        }
        self.mean = mean
        self.radius = radius
        self.between = between
    }

    private func others(_ cluster: Int) -> [Int] { mean.indices.filter { $0 != cluster } }

    private func squaredDistance(_ cluster: Int, place: Int) -> Double {
        between[cluster * (mean.count - 1) + place]
    }

    /// The mean over the clusters of the worst ratio of spread to distance (Davies and Bouldin); nil of one cluster.
    public var daviesBouldin: Double? {
        guard mean.count > 1 else { return nil }
        let worst = mean.indices.map { cluster in
            others(cluster).enumerated().map { place, other in
                (mean[cluster] + mean[other]) / squaredDistance(cluster, place: place).squareRoot()
            }.max() ?? 0
        }
        return worst.reduce(0, +) / Double(mean.count)
    }

    /// For each cluster the one that is nearest.
    public var nearest: [Int] {
        mean.indices.map { cluster in
            let others = others(cluster)
            let place = others.indices.min {
                squaredDistance(cluster, place: $0) < squaredDistance(cluster, place: $1)
            }
            return place.map { others[$0] } ?? 0
        }
    }
}
