import NornCrypto
import NornKit

/// One party's side of the rows: its features, its weights, and the arithmetic between them and ciphertexts.
struct Columns: Sendable {
    /// Of what is encrypted row by row: costs nothing, since ciphertexts are as long in any case.
    static let forward = FixedPoint(fractionalBits: 40)
    /// Columns whose scalars are held at once.
    static let columnsAtOnce = 64

    let instances: Instances
    let hasIntercept: Bool
    /// Of features, and of a party's own part of the residual where the loss is summed.
    let feature: FixedPoint
    var gradientEncoding: FixedPoint { Self.forward * feature }

    var rows: Int { instances.rows }
    /// one a column, and the intercept last
    var weightCount: Int { instances.columns + (hasIntercept ? 1 : 0) }

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
    func scores(_ rows: [Int], weights: [Double]) -> [Double] {
        let columns = instances.columns
        return rows.map { row in
            var sum = hasIntercept ? weights[columns] : 0
            for column in 0..<columns { sum += weights[column] * instances.features[row * columns + column] }
            return sum
        }
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

/// Turns an encoding's overflow into what it means to the user.
func diverging<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch CryptoError.outOfRange {
        throw ComponentError.invalid(
            field: "learning_rate", "training diverges: the scores cannot be encoded any more; take a lower rate")
    }
}
