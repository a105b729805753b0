import NornKit

/// The parameters of FATE's `DataTransform`, with its names and defaults. Dense text is read in this version; what other
/// formats need is refused by name.
struct DataTransformParameters: ComponentParameters {
    var inputFormat = "dense"
    var delimiter = ","
    var dataType = "float64"
    var exclusiveDataType: [String: String]? = nil
    var tagWithValue = false
    var tagValueDelimiter = ":"
    var missingFill = false
    var defaultValue = 0.0
    var missingFillMethod: String? = nil
    var missingImpute: [String]? = nil
    var outlierReplace = false
    var outlierReplaceMethod: String? = nil
    var outlierImpute: [String]? = nil
    var outlierReplaceValue = 0.0
    var withLabel = false
    var labelName = "y"
    var labelType = "int"
    var outputFormat = "dense"
    var needRun = true
    var withMatchID = false
    var matchIDName = ""
    var matchIDIndex = 0

    enum CodingKeys: String, CodingKey {
        case inputFormat = "input_format"
        case delimiter = "delimitor"
        case dataType = "data_type"
        case exclusiveDataType = "exclusive_data_type"
        case tagWithValue = "tag_with_value"
        case tagValueDelimiter = "tag_value_delimitor"
        case missingFill = "missing_fill"
        case defaultValue = "default_value"
        case missingFillMethod = "missing_fill_method"
        case missingImpute = "missing_impute"
        case outlierReplace = "outlier_replace"
        case outlierReplaceMethod = "outlier_replace_method"
        case outlierImpute = "outlier_impute"
        case outlierReplaceValue = "outlier_replace_value"
        case withLabel = "with_label"
        case labelName = "label_name"
        case labelType = "label_type"
        case outputFormat = "output_format"
        case needRun = "need_run"
        case withMatchID = "with_match_id"
        case matchIDName = "match_id_name"
        case matchIDIndex = "match_id_index"
    }

    static let numberTypes = ["float64", "float", "int", "int64", "long"]

    func validate() throws {
        try require(
            inputFormat == "dense", "input_format", "\"\(inputFormat)\" is not read in this version: only dense")
        try require(
            outputFormat == "dense", "output_format", "\"\(outputFormat)\" is not made in this version: only dense")
        try require(!withMatchID, "with_match_id", "match ids are not read in this version")
        try require(!outlierReplace, "outlier_replace", "outliers are not replaced in this version")
        try require(
            Self.numberTypes.contains(dataType), "data_type",
            "\"\(dataType)\" is none of \(Self.numberTypes.joined(separator: ", "))")
        try require(
            Self.numberTypes.contains(labelType), "label_type",
            "\"\(labelType)\" is none of \(Self.numberTypes.joined(separator: ", "))")
        for (column, type) in exclusiveDataType ?? [:] {
            try require(
                Self.numberTypes.contains(type), "exclusive_data_type.\(column)",
                "\"\(type)\" is none of \(Self.numberTypes.joined(separator: ", "))")
        }
        if let missingFillMethod {
            try require(
                FillMethod(rawValue: missingFillMethod) != nil, "missing_fill_method",
                "\"\(missingFillMethod)\" is none of \(FillMethod.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        try require(!withLabel || !labelName.isEmpty, "label_name", "is empty though with_label is true")
    }

    private func require(_ holds: Bool, _ field: String, _ message: String) throws {
        guard holds else { throw ComponentError.invalid(field: field, message) }
    }
}

/// What stands in for a missing value of a column.
enum FillMethod: String, CaseIterable, Sendable {
    case designated, min, max, mean
}
