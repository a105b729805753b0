import NornKit

/// What a fitted `DataTransform` knows: it reads other tables as it read the first.
struct DataTransformModel: Codable, Sendable {
    /// Features, in the order in which they come out.
    var header: [String]
    var labelName: String?
    var labelType: String
    var dataType: String
    var exclusiveDataType: [String: String]
    var missingFill: Bool
    var missingFillMethod: String
    /// Texts that stand for a missing value.
    var missingImpute: [String]
    /// A value for each feature, when missing ones are filled.
    var fills: [Double]?

    enum CodingKeys: String, CodingKey {
        case header, fills
        case labelName = "label_name"
        case labelType = "label_type"
        case dataType = "data_type"
        case exclusiveDataType = "exclusive_data_type"
        case missingFill = "missing_fill"
        case missingFillMethod = "missing_fill_method"
        case missingImpute = "missing_impute"
    }

    /// The texts that FATE counts as missing when `missing_impute` names none.
    static let missingTexts = ["", "none", "null", "na", "None", "NULL", "NA", "nan", "NaN", "NAN"]

    init(parameters: DataTransformParameters, header: [String], label: String?) {
        self.header = header
        labelName = label
        labelType = parameters.labelType
        dataType = parameters.dataType
        exclusiveDataType = parameters.exclusiveDataType ?? [:]
        missingFill = parameters.missingFill
        missingFillMethod = parameters.missingFillMethod ?? FillMethod.designated.rawValue
        missingImpute = parameters.missingImpute ?? Self.missingTexts
    }

    var needsStatistics: Bool { missingFill && missingFillMethod != FillMethod.designated.rawValue }

    mutating func learnFills(_ parameters: DataTransformParameters, _ statistics: ColumnStatistics?) throws {
        guard let method = FillMethod(rawValue: missingFillMethod) else { return }
        fills = try header.enumerated().map { column, name in
            guard method != .designated else { return parameters.defaultValue }
            guard let summary = statistics?.columns[column], summary.count > 0 else {
                throw ComponentError(
                    .failedPrecondition, field: "missing_fill_method",
                    "column \"\(name)\" has no value to take the \(method.rawValue) of", fault: .user)
            }
            switch method {
            case .min: return summary.minimum
            case .max: return summary.maximum
            case .mean: return summary.sum / Double(summary.count)
            case .designated: return parameters.defaultValue
            }
        }
    }

    /// How to read a table with this schema, which must have every feature; the label may be absent (a table to predict).
    func plan(for schema: TableSchema) throws -> DenseRows.Argument {
        var places: [Int] = []
        for name in header {
            guard let place = schema.header.firstIndex(of: name) else {
                throw ComponentError(
                    .failedPrecondition, field: "data",
                    "the table has no column \"\(name)\", which the model was fitted on",
                    fault: .user)
            }
            places.append(place)
        }
        guard let delimiter = schema.delimiter.utf8.first else {
            throw ComponentError(
                .failedPrecondition, field: "data", "the table's schema has no delimiter", fault: .host)
        }
        return DenseRows.Argument(
            delimiter: delimiter, columns: schema.header.count, header: schema.header, features: places,
            wholeFeatures: header.map { Self.isWhole(exclusiveDataType[$0] ?? dataType) },
            label: labelName.flatMap { schema.header.firstIndex(of: $0) }, wholeLabel: Self.isWhole(labelType),
            missing: missingFill ? missingImpute : nil, fills: fills)
    }

    func schema(from text: TableSchema, hasLabel: Bool, party: Party) -> TableSchema {
        TableSchema(
            layout: .float64, header: header, content: .instances, idName: text.idName,
            labelName: hasLabel ? labelName : nil, labelType: hasLabel ? labelType : nil,
            anonymousHeader: AnonymousHeader.names(for: header, of: party))
    }

    private static func isWhole(_ type: String) -> Bool { type.hasPrefix("int") || type == "long" }
}
