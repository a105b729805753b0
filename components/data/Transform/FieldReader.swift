import NornKit

/// One field of text as a number, with what stands in for missing values and outliers.
struct FieldReader {
    private let header: [String]
    private let wholeFeatures: [Bool]
    private let wholeLabel: Bool
    private let missingTexts: Set<[UInt8]>
    private let outlierTexts: Set<[UInt8]>
    private let longestText: Int
    private let outlierValues: [Double]?
    private let keepsOutliers: Bool
    /// What a missing value of each feature becomes.
    private let missingValues: [Double]

    init(_ plan: TextPlan) {
        header = plan.header
        wholeFeatures = plan.wholeFeatures
        wholeLabel = plan.wholeLabel
        missingTexts = Set(plan.missing.texts.map { Array($0.utf8) })
        outlierTexts = Set((plan.outliers?.texts ?? []).map { Array($0.utf8) })
        longestText = max(missingTexts.map(\.count).max() ?? 0, outlierTexts.map(\.count).max() ?? 0)
        outlierValues = plan.outliers?.values
        keepsOutliers = plan.outliers?.keepsNumbers ?? false
        missingValues = Self.missingValues(plan)
    }

    /// A number that stands in for a missing value may itself be an outlier.
    private static func missingValues(_ plan: TextPlan) -> [Double] {
        guard let fills = plan.missing.values else { return Array(repeating: .nan, count: plan.header.count) }
        guard let outliers = plan.outliers, !outliers.keepsNumbers else { return fills }
        return fills.enumerated().map { feature, fill in
            let spellings = [String(fill)] + (Int64(exactly: fill).map { [String($0)] } ?? [])
            guard spellings.contains(where: outliers.texts.contains) else { return fill }
            return outliers.values?[feature] ?? .nan
        }
    }

    func missing(feature: Int) -> Double { missingValues[feature] }

    func number(_ field: UnsafeRawBufferPointer, feature: Int) throws -> Double {
        if field.count <= longestText {
            let text = Array(field)
            if missingTexts.contains(text) { return missingValues[feature] }
            if outlierTexts.contains(text) {
                return keepsOutliers ? NumberText.double(field) ?? .nan : outlierValues?[feature] ?? .nan
            }
        }
        let number = try number(field, named: header[feature], isLabel: false)
        guard !wholeFeatures[feature] || number == number.rounded() else { throw notWhole(header[feature]) }
        return number
    }

    func label(_ field: UnsafeRawBufferPointer, named name: String) throws -> Double {
        let number = try number(field, named: name, isLabel: true)
        guard !wholeLabel || number == number.rounded() else { throw notWhole(name) }
        return number
    }

    private func number(_ field: UnsafeRawBufferPointer, named name: String, isLabel: Bool) throws -> Double {
        guard let number = NumberText.double(field), number.isFinite else {
            throw ComponentError(
                .invalidArgument, field: name,
                "\(isLabel ? "the label column" : "column") \"\(name)\" holds a value that is not a number",
                fault: .user)
        }
        return number
    }

    private func notWhole(_ name: String) -> ComponentError {
        ComponentError(
            .invalidArgument, field: name,
            "column \"\(name)\" holds a value that is not a whole number, as its type asks", fault: .user)
    }
}
