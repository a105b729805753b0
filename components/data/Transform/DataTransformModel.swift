import NornKit

/// What a fitted `DataTransform` knows, with the names of FATE's DataTransformMeta and DataTransformParam: it reads other
/// tables as it read the first.
struct DataTransformModel: Codable, Sendable {
    var meta: Meta
    var parameters: Parameters

    enum CodingKeys: String, CodingKey {
        case meta = "DataTransformMeta"
        case parameters = "DataTransformParam"
    }

    struct Meta: Codable, Sendable {
        var inputFormat: TextFormat
        var delimiter: String
        var dataType: String
        var exclusiveDataType: [String: String]
        var tagWithValue: Bool
        var tagValueDelimiter: String
        var withLabel: Bool
        var labelName: String
        var labelType: String
        var outputFormat: String
        var withMatchID: Bool
        var imputer: ImputerMeta
        var outlier: OutlierMeta
        var needRun: Bool

        enum CodingKeys: String, CodingKey {
            case inputFormat = "input_format"
            case delimiter = "delimitor"
            case dataType = "data_type"
            case exclusiveDataType = "exclusive_data_type"
            case tagWithValue = "tag_with_value"
            case tagValueDelimiter = "tag_value_delimitor"
            case withLabel = "with_label"
            case labelName = "label_name"
            case labelType = "label_type"
            case outputFormat = "output_format"
            case withMatchID = "with_match_id"
            case imputer = "imputer_meta"
            case outlier = "outlier_meta"
            case needRun = "need_run"
        }
    }

    /// Which texts count as missing, and what they become.
    struct ImputerMeta: Codable, Sendable {
        var isOn: Bool
        var strategy: String
        var texts: [String]

        enum CodingKeys: String, CodingKey {
            case strategy
            case isOn = "is_imputer"
            case texts = "missing_value"
        }
    }

    /// Which texts count as outliers, and what they become.
    struct OutlierMeta: Codable, Sendable {
        var isOn: Bool
        var strategy: String
        var texts: [String]

        enum CodingKeys: String, CodingKey {
            case strategy
            case isOn = "is_outlier"
            case texts = "outlier_value"
        }
    }

    struct Parameters: Codable, Sendable {
        /// Features, in the order in which they come out.
        var header: [String]
        var sidName: String
        var labelName: String
        var matchIDName: String
        var imputer = ImputerParameters()
        var outlier = OutlierParameters()
        var anonymousHeader: [String]

        enum CodingKeys: String, CodingKey {
            case header
            case sidName = "sid_name"
            case labelName = "label_name"
            case matchIDName = "match_id_name"
            case imputer = "imputer_param"
            case outlier = "outlier_param"
            case anonymousHeader = "anonymous_header"
        }
    }

    /// Numbers stand as text, as FATE has them: a column's stand-in may be of any type there.
    struct ImputerParameters: Codable, Sendable {
        var values: [String: String] = [:]
        var ratios: [String: Double] = [:]

        enum CodingKeys: String, CodingKey {
            case values = "missing_replace_value"
            case ratios = "missing_value_ratio"
        }
    }

    struct OutlierParameters: Codable, Sendable {
        var values: [String: String] = [:]
        var ratios: [String: Double] = [:]

        enum CodingKeys: String, CodingKey {
            case values = "outlier_replace_value"
            case ratios = "outlier_value_ratio"
        }
    }
}

extension DataTransformModel {
    init(_ asked: DataTransformParameters, missing: Replacement, outliers: Replacement) {
        meta = Meta(
            inputFormat: asked.format, delimiter: asked.delimiter, dataType: asked.dataType,
            exclusiveDataType: asked.exclusiveDataType ?? [:], tagWithValue: asked.tagWithValue,
            tagValueDelimiter: asked.tagValueDelimiter, withLabel: asked.withLabel, labelName: asked.labelName,
            labelType: asked.labelType, outputFormat: asked.outputFormat, withMatchID: asked.withMatchID,
            imputer: ImputerMeta(isOn: asked.missingFill, strategy: missing.method, texts: missing.texts),
            outlier: OutlierMeta(isOn: asked.outlierReplace, strategy: outliers.method, texts: outliers.texts),
            needRun: asked.needRun)
        parameters = Parameters(header: [], sidName: "", labelName: "", matchIDName: "", anonymousHeader: [])
    }

    private func numbers(_ learned: [String: String]) -> [Double] {
        parameters.header.map { learned[$0].flatMap(Double.init) ?? .nan }
    }

    /// How to read a table with this schema, which must have every feature; the label may be absent (a table to predict).
    func plan(for text: TableSchema, stage: ReadingStage = .all, party: Party) throws -> TextPlan {
        let isDense = meta.inputFormat == .dense
        let delimiter =
            isDense && meta.delimiter == DataTransformParameters.standardDelimiter
            ? text.delimiter : meta.delimiter
        guard let delimiter = delimiter.utf8.first else {
            throw ComponentError(
                .failedPrecondition, field: "data", "the table's schema has no delimiter", fault: .host)
        }
        let header = parameters.header
        let label = isDense && meta.withLabel ? text.column(named: parameters.labelName) : nil
        let hasLabel = isDense ? label != nil : meta.withLabel
        let exclusive = Dictionary(
            meta.exclusiveDataType.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        var plan = TextPlan(
            format: meta.inputFormat, delimiter: delimiter,
            tagDelimiter: meta.tagWithValue ? meta.tagValueDelimiter.utf8.first : nil, header: header,
            wholeFeatures: header.map { Self.isWhole(exclusive[$0.lowercased()] ?? meta.dataType) },
            hasLabel: hasLabel, hasMatchID: meta.withMatchID, wholeLabel: Self.isWhole(meta.labelType),
            missing: TextPlan.Replacing(
                texts: meta.imputer.texts,
                values: stage != .missing && meta.imputer.isOn ? numbers(parameters.imputer.values) : nil),
            outliers: meta.outlier.isOn
                ? TextPlan.Replacing(
                    texts: meta.outlier.texts, values: stage == .all ? numbers(parameters.outlier.values) : nil,
                    keepsNumbers: stage == .missing) : nil,
            isAbsentMissing: meta.inputFormat == .tag && meta.imputer.isOn,
            schema: schema(from: text, hasLabel: hasLabel, party: party))
        guard isDense else { return plan }
        plan.columns = text.header
        plan.labelColumn = label
        plan.matchIDColumn = meta.withMatchID ? try text.place(of: parameters.matchIDName) : nil
        plan.places = try header.map { try text.place(of: $0) }
        return plan
    }

    func schema(from text: TableSchema, hasLabel: Bool, party: Party) -> TableSchema {
        TableSchema(
            layout: meta.outputFormat == "sparse" ? .sparse : .float64, header: parameters.header, content: .instances,
            idName: text.idName, matchIDName: meta.withMatchID ? parameters.matchIDName : nil,
            labelName: hasLabel ? parameters.labelName : nil, labelType: hasLabel ? meta.labelType : nil,
            anonymousHeader: AnonymousHeader.names(for: parameters.header, of: party))
    }

    private static func isWhole(_ type: String) -> Bool { type.hasPrefix("int") || type == "long" }
}

/// What a reading is for: what stands in for texts is learned one after the other.
enum ReadingStage {
    /// Missing values are NaN, outliers the numbers that they are.
    case missing
    /// Missing values are replaced, outliers NaN.
    case outliers
    case all
}

extension TableSchema {
    /// The column of this name; FATE does not tell upper from lower case.
    func column(named name: String) -> Int? {
        header.firstIndex(of: name) ?? header.firstIndex { $0.lowercased() == name.lowercased() }
    }

    func place(of name: String) throws -> Int {
        guard let place = column(named: name) else {
            throw ComponentError(
                .failedPrecondition, field: "data",
                "the table has no column \"\(name)\", which the model was fitted on",
                fault: .user)
        }
        return place
    }
}
