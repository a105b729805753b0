import NornDialects
import NornFlow
import NornManifest
import NornSite

/// The `meta` of an upload: how its text is to be read as numbers, in FATE's words. It is kept with the table, and
/// DataTransform follows it.
enum V1Meta {
    /// Members as FATE names them -> those of the same meaning among DataTransform's parameters.
    static let parameters: [String: String] = [
        "delimiter": "delimitor", "input_format": "input_format", "tag_with_value": "tag_with_value",
        "tag_value_delimiter": "tag_value_delimitor", "with_match_id": "with_match_id",
        "exclusive_data_type": "exclusive_data_type", "data_type": "data_type", "with_label": "with_label",
        "label_name": "label_name", "label_type": "label_type",
    ]
    /// Match ids by name and by how many there are; one table has one here.
    static let ofMatchIDs: Set<String> = ["id_list", "id_range"]

    /// Nil where the request asks for none.
    static func read(_ call: V1Request) throws -> ParameterValue? {
        guard try call.flag("with_meta") ?? false else { return nil }
        guard let meta = try call.object("meta") else {
            throw SiteError.invalid(
                "with_meta needs the meta", field: "meta", hint: "Write {\"input_format\": \"dense\", …}")
        }
        let known = Set(parameters.keys).union(ofMatchIDs)
        var members = JSONObject()
        for (name, value) in meta.members where !value.isNull {
            guard known.contains(name) else {
                let near = NearestName.find(name, in: known).map { "Did you mean \($0)?" }
                throw SiteError.invalid(
                    "A meta has no member \(name.prefix(40))", field: "meta.\(name.prefix(40))", hint: near)
            }
            if let parameter = parameters[name] { members[parameter] = value }
        }
        try checkMatchIDs(meta)
        try check(members, call.site.catalogue)
        return ParameterValue(.object(meta))
    }

    private static func checkMatchIDs(_ meta: JSONObject) throws {
        let names = meta["id_list"]?.asArray ?? []
        let count = meta["id_range"]?.asInt ?? 0
        guard names.count <= 1, count <= 1 else {
            throw SiteError.invalid(
                "A table has one match id in this version", field: names.count > 1 ? "meta.id_list" : "meta.id_range",
                hint: "Name one column")
        }
        guard names.allSatisfy({ $0.asString?.isEmpty == false }) else {
            throw SiteError.invalid("A match id is named by its column", field: "meta.id_list[0]")
        }
    }

    /// What DataTransform would refuse is refused now.
    private static func check(_ members: JSONObject, _ catalogue: Catalogue) throws {
        guard let schema = (try? catalogue.find("DataTransform"))?.component.parameters else { return }
        guard let problem = schema.problems(of: .object(members)).first else { return }
        let head = problem.path.prefix { $0 != "." && $0 != "[" }
        let rest = problem.path.dropFirst(head.count)
        let name = parameters.first { $0.value == head }?.key ?? String(head)
        throw SiteError.invalid(problem.message, field: "meta.\(name)\(rest)", hint: problem.remedy)
    }
}
