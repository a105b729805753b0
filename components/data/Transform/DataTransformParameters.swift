import NornKit

/// The parameters of FATE's `DataTransform`, with its names and defaults.
struct DataTransformParameters: ComponentParameters {
    var inputFormat = TextFormat.dense.rawValue
    /// Parts a row's text; for dense rows the table's own delimiter stands unless this is another than the default.
    var delimiter = Self.standardDelimiter
    var dataType = "float64"
    var exclusiveDataType: [String: String]? = nil
    var tagWithValue = false
    var tagValueDelimiter = ":"
    var missingFill = false
    var defaultValue = 0.0
    var missingFillMethod: String? = nil
    /// Texts or numbers that stand for a missing value.
    var missingImpute: [CBOR]? = nil
    var outlierReplace = false
    var outlierReplaceMethod: String? = nil
    var outlierImpute: [CBOR]? = nil
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

    static let standardDelimiter = ","
    static let numberTypes = ["float64", "float", "int", "int64", "long"]

    var format: TextFormat { TextFormat(rawValue: inputFormat) ?? .dense }

    func validate() throws {
        try require(
            TextFormat(rawValue: inputFormat) != nil, "input_format",
            "\"\(inputFormat)\" is none of dense, svmlight (sparse) and tag")
        try require(
            ["dense", "sparse"].contains(outputFormat), "output_format", "\"\(outputFormat)\" is not dense or sparse")
        try require(delimiter.utf8.count == 1, "delimitor", "must be one byte long")
        try require(tagValueDelimiter.utf8.count == 1, "tag_value_delimitor", "must be one byte long")
        try checkTypes()
        for (field, method) in [
            ("missing_fill_method", missingFillMethod), ("outlier_replace_method", outlierReplaceMethod),
        ] {
            guard let method else { continue }
            try require(
                FillMethod(rawValue: method) != nil, field,
                "\"\(method)\" is none of \(FillMethod.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        for (field, texts) in [("missing_impute", missingImpute), ("outlier_impute", outlierImpute)] {
            try require(
                texts?.allSatisfy { $0.text != nil || $0.double != nil } ?? true, field, "holds texts and numbers only")
        }
        try require(!withLabel || !labelName.isEmpty, "label_name", "is empty though with_label is true")
        try require(!withLabel || format != .tag, "with_label", "rows of tags have no label")
        try require(matchIDIndex >= 0, "match_id_index", "is negative")
    }

    private func checkTypes() throws {
        let known = Self.numberTypes.joined(separator: ", ")
        func check(_ type: String, _ field: String) throws {
            try require(
                type != "str", field, "texts are no features or labels in this version: the types are \(known)")
            try require(Self.numberTypes.contains(type), field, "\"\(type)\" is none of \(known)")
        }
        try check(dataType, "data_type")
        try check(labelType, "label_type")
        for (column, type) in exclusiveDataType ?? [:] { try check(type, "exclusive_data_type.\(column)") }
    }

    private func require(_ holds: Bool, _ field: String, _ message: String) throws {
        guard holds else { throw ComponentError.invalid(field: field, message) }
    }
}

extension DataTransformParameters {
    /// What the uploader said of the text counts before what the job says, as in FATE.
    func following(_ meta: CBOR?) throws -> Self {
        guard let meta = meta?.map, !meta.isEmpty else { return self }
        var followed = try CBOREncoder().value(of: self).map ?? [:]
        for (name, value) in meta where value != .null {
            switch name {
            case "delimiter": followed["delimitor"] = value
            case "tag_value_delimiter": followed["tag_value_delimitor"] = value
            case "id_list": followed["match_id_name"] = value.array?.first ?? ""
            case "id_range": break
            default: followed[name] = value
            }
        }
        return try Self.checked(.map(followed))
    }

    private static func checked(_ value: CBOR) throws -> Self {
        let followed = try CBORDecoder().decode(Self.self, from: value)
        try followed.validate()
        return followed
    }
}

/// How rows of text say their features.
enum TextFormat: String, Codable, Sendable {
    /// a column each
    case dense
    /// `index:value` for those that are not zero (svmlight), the label before them
    case sparse
    /// names of what a row has, with or without a value
    case tag

    init?(rawValue: String) {
        switch rawValue.lowercased() {
        case "dense": self = .dense
        case "sparse", "svmlight": self = .sparse
        case "tag": self = .tag
        default: return nil
        }
    }
}

/// What stands in for a missing value of a column.
enum FillMethod: String, CaseIterable, Sendable {
    case designated, min, max, mean, median
}
