import NornCrypto
import NornKit

/// One party's side of the rows: its features, its weights, and the arithmetic between them and ciphertexts.
struct Columns: Sendable {
    /// Of what is encrypted row by row: costs nothing, since ciphertexts are as long in any case.
    static let forward = FixedPoint(fractionalBits: 40)
    /// Of the rows' own weights.
    static let rowWeight = FixedPoint(fractionalBits: 20)
    /// Columns whose scalars are held at once.
    static let columnsAtOnce = 64

    let instances: Instances
    let hasIntercept: Bool
    /// Of features, and of a party's own part of the residual where the loss is summed.
    let feature: FixedPoint
    /// Of the residual of each row.
    let residual: FixedPoint

    var gradientEncoding: FixedPoint { residual * feature }
    var rows: Int { instances.rows }
    /// one a column, and the intercept last
    var weightCount: Int { instances.columns + (hasIntercept ? 1 : 0) }

    /// - Parameter isWeighted: residuals are multiplied by the rows' own weights
    init(_ instances: Instances, hasIntercept: Bool, precision: Int, isWeighted: Bool) {
        self.instances = instances
        self.hasIntercept = hasIntercept
        feature = FixedPoint(fractionalBits: precision)
        residual = Self.residual(isWeighted: isWeighted)
    }

    static func residual(isWeighted: Bool) -> FixedPoint { isWeighted ? forward * rowWeight : forward }

    /// Refuses what cannot be encoded, by column.
    func check() throws {
        for (position, value) in instances.features.enumerated() where !value.isFinite || abs(value) >= limit {
            let column = instances.header[position % max(1, instances.columns)]
            throw ComponentError.invalid(
                field: column,
                "It holds a number that is not finite or not below \(limit): fill or scale the column before.")
        }
    }

    private var limit: Double { 0x1p61 / feature.scale }

    /// Σ w·x (and the intercept) for some rows.
    func scores(_ rows: some Sequence<Int>, weights: [Double]) -> [Double] {
        instances.scores(rows, weights: weights)
    }

    /// [Σ d·x] for every weight, then [Σ d·part]: encodings multiply.
    func sums(
        _ residual: PaillierCiphertexts, rows: [Int], part: [Double], key: PaillierPublicKey, on loop: ThreadLoop
    ) throws -> PaillierCiphertexts {
        var sums = key.noCiphertexts
        let total = weightCount + 1
        for start in stride(from: 0, to: total, by: Self.columnsAtOnce) {
            var scalars: [Int64] = []
            for column in start..<min(total, start + Self.columnsAtOnce) {
                scalars += try self.scalars(column, rows: rows, part: part)
            }
            sums.append(try key.sums(of: residual, scalars: scalars, on: loop))
        }
        return sums
    }

    private func scalars(_ column: Int, rows: [Int], part: [Double]) throws -> [Int64] {
        let columns = instances.columns
        if column < columns { return try feature.scalars(rows.map { instances.features[$0 * columns + column] }) }
        if column < weightCount { return [Int64](repeating: try feature.scalar(1), count: rows.count) }
        return try diverging { try feature.scalars(part) }
    }
}

extension Instances {
    /// Σ w·x for some rows; weights may have the intercept after the columns'.
    func scores(_ rows: some Sequence<Int>, weights: [Double]) -> [Double] {
        let intercept = weights.count > columns ? weights[columns] : 0
        return rows.map { row in
            var sum = intercept
            for column in 0..<columns { sum += weights[column] * features[row * columns + column] }
            return sum
        }
    }

    /// Some of the rows, in the given order.
    func subset(_ rows: [Int]) -> Instances {
        Instances(
            ids: rows.map { ids[$0] }, header: header,
            features: rows.flatMap { features[$0 * columns..<($0 + 1) * columns] },
            labels: labels.map { labels in rows.map { labels[$0] } },
            weights: weights.map { weights in rows.map { weights[$0] } },
            matchIDs: matchIDs.map { matchIDs in rows.map { matchIDs[$0] } })
    }
}

/// Turns an encoding's overflow into what it means to the user.
func diverging<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch CryptoError.outOfRange {
        throw ComponentError.invalid(
            field: "learning_rate", "training diverges: the scores cannot be encoded any more; take a lower rate")
    }
}
