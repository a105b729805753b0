import NornManifest

/// The schema of a table in FATE's words.
public enum V1Schema {
    /// - Parameter schema: as Norn keeps it: `header`, `id_name`, `label_name`, `delimiter`, `anonymous_header`, `content`.
    public static func json(_ schema: JSON) -> JSON {
        let delimiter = schema["delimiter"]?.asString ?? ","
        let header = schema["header"]?.asArray?.compactMap(\.asString) ?? []
        var object: JSONObject = ["sid": schema["id_name"] ?? "id"]
        let isText = schema["content"]?.asString == "raw"
        object["header"] = isText ? .string(header.joined(separator: delimiter)) : .array(header.map { .string($0) })
        object["label_name"] = schema["label_name"]
        object["match_id_name"] = schema["match_id_name"]
        if let anonymous = schema["anonymous_header"], anonymous.asArray?.isEmpty == false {
            object["anonymous_header"] = anonymous
        }
        if let meta = schema["meta"], !meta.isNull { object["meta"] = meta }
        return .object(JSONObject(object.members.filter { !$0.value.isNull }.map { ($0.key, $0.value) }))
    }
}
