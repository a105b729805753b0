import NornCrypto
import NornKit

enum PearsonMessage {
    static let plan = "pearson_plan"
    static let columns = "pearson_columns"
    static let encrypted = "encrypted_column"
    static let products = "encrypted_products"
    static let correlations = "correlations"
}

/// What the guest tells the hosts first.
struct PearsonPlan: Codable, Sendable {
    /// Whether columns are correlated across parties; the rest is empty where they are not.
    var crosses: Bool
    var rows = 0
    /// Of the common ids in their order.
    var digest: [UInt8] = []
    /// Of the guest's public key.
    var modulus: [UInt8] = []
    var columns = PearsonColumns(crosses: false)
}

/// What a party tells of its columns.
struct PearsonColumns: Codable, Sendable {
    static let most = 1 << 14

    var crosses: Bool
    /// Anonymous names.
    var names: [String] = []
    /// Which of them have one value in all rows, and so correlate with nothing.
    var constant: [Bool] = []

    func check(_ party: Party) throws {
        guard names.count == constant.count, names.count <= Self.most, Set(names).count == names.count else {
            throw ComponentError.peer(party, "it names \(names.count) columns, one twice, or too many")
        }
    }
}

/// How standardised columns travel: products have 60 bits after the point, and a sum of n of them stays below 2^61 · n.
enum PearsonEncoding {
    static let column = FixedPoint(fractionalBits: 30)
    static let product = column * column
}
