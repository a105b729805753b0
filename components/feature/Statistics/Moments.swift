import Glibc

/// Mean and central moments of some numbers, in two passes, so that nothing cancels. Moments are divided by n.
struct Moments: Sendable {
    let count: Int
    let sum: Double
    let mean: Double
    let second: Double
    let third: Double
    let fourth: Double

    init(_ values: [Double]) {
        count = values.count
        sum = values.reduce(0, +)
        mean = values.isEmpty ? .nan : sum / Double(values.count)
        var (second, third, fourth) = (0.0, 0.0, 0.0)
        for value in values {
            let distance = value - mean
            let square = distance * distance
            second += square
            third += square * distance
            fourth += square * square
        }
        let n = Double(max(1, values.count))
        (self.second, self.third, self.fourth) = (second / n, third / n, fourth / n)
    }

    /// Numbers below this are zero to FATE's statistics.
    static let zero = 1e-8

    var variance: Double { second < Self.zero ? 0 : second }
    var deviation: Double { variance.squareRoot() }
    /// |deviation / mean|
    var coefficientOfVariance: Double { abs(deviation / (abs(mean) < Self.zero ? Self.zero : mean)) }

    /// Fisher and Pearson's, m3 / m2^1.5; unbiased: times sqrt(n (n - 1)) / (n - 2).
    func skewness(isBiased: Bool) -> Double {
        guard variance > 0 else { return 0 }
        let biased = third / pow(variance, 1.5)
        guard !isBiased, count > 2 else { return biased }
        let n = Double(count)
        return (n * (n - 1)).squareRoot() / (n - 2) * biased
    }

    /// Excess kurtosis, m4 / m2² - 3, or the unbiased ((n² - 1) m4 / m2² - 3 (n - 1)²) / ((n - 2)(n - 3)).
    func kurtosis(isBiased: Bool) -> Double {
        guard variance > 0 else { return -3 }
        let biased = fourth / (variance * variance)
        guard !isBiased, count > 3 else { return biased - 3 }
        let n = Double(count)
        return ((n * n - 1) * biased - 3 * (n - 1) * (n - 1)) / ((n - 2) * (n - 3))
    }
}
