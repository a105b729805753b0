/// What a data table's values mean; kept beside the table and handed on with it.
public struct TableSchema: Codable, Sendable, Hashable {
    public enum Layout: String, Codable, Sendable {
        /// the CSV line after the id, UTF-8
        case text
        /// little-endian doubles: label if there is one, weight if there is one, features in the header's order; then the
        /// match id's UTF-8 if the schema has one
        case float64
        /// the same with only the features that are not zero, as `InstanceFormat` says
        case sparse
        /// a CBOR array, columns in the header's order
        case cbor
    }
    public enum Content: String, Codable, Sendable {
        case raw, instances, predictions
    }

    public var layout: Layout
    public var delimiter: String
    /// `text` and `cbor`: every column; `float64` and `sparse`: features only
    public var header: [String]
    public var idName: String
    public var matchIDName: String?
    public var labelName: String?
    public var labelType: String?
    public var weight: Bool
    public var types: [String: String]?
    public var anonymousHeader: [String]
    public var content: Content
    /// How the text is to be read as numbers, as its uploader said: parameters of DataTransform.
    public var meta: CBOR?

    public init(
        layout: Layout, header: [String], content: Content, idName: String = "id", matchIDName: String? = nil,
        labelName: String? = nil, labelType: String? = nil, weight: Bool = false, types: [String: String]? = nil,
        anonymousHeader: [String] = [], delimiter: String = ",", meta: CBOR? = nil
    ) {
        self.layout = layout
        self.delimiter = delimiter
        self.header = header
        self.idName = idName
        self.matchIDName = matchIDName
        self.labelName = labelName
        self.labelType = labelType
        self.weight = weight
        self.types = types
        self.anonymousHeader = anonymousHeader
        self.content = content
        self.meta = meta
    }

    enum CodingKeys: String, CodingKey {
        case layout, delimiter, header, weight, types, content, meta
        case idName = "id_name"
        case matchIDName = "match_id_name"
        case labelName = "label_name"
        case labelType = "label_type"
        case anonymousHeader = "anonymous_header"
    }
}

extension TableSchema {
    /// Reads what others wrote: only the layout must be there.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            layout: try values.decode(Layout.self, forKey: .layout),
            header: try values.decodeIfPresent([String].self, forKey: .header) ?? [],
            content: try values.decodeIfPresent(Content.self, forKey: .content) ?? .raw,
            idName: try values.decodeIfPresent(String.self, forKey: .idName) ?? "id",
            matchIDName: try values.decodeIfPresent(String.self, forKey: .matchIDName),
            labelName: try values.decodeIfPresent(String.self, forKey: .labelName),
            labelType: try values.decodeIfPresent(String.self, forKey: .labelType),
            weight: try values.decodeIfPresent(Bool.self, forKey: .weight) ?? false,
            types: try values.decodeIfPresent([String: String].self, forKey: .types),
            anonymousHeader: try values.decodeIfPresent([String].self, forKey: .anonymousHeader) ?? [],
            delimiter: try values.decodeIfPresent(String.self, forKey: .delimiter) ?? ",",
            meta: try values.decodeIfPresent(CBOR.self, forKey: .meta))
    }
}
