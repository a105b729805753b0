import NornManifest

/// Series of metrics in FATE's form. A series as Norn keeps it is `{namespace, name, type, points: [[key, value], …], meta}`.
public enum V1Metrics {
    /// `{namespace: [name, …]}`, in the order in which they came.
    public static func names(_ series: [JSON]) -> JSON {
        var names = JSONObject()
        for one in series {
            let (namespace, name) = place(one)
            let known = names[namespace]?.asArray ?? []
            if !known.contains(.string(name)) { names[namespace] = .array(known + [.string(name)]) }
        }
        return .object(names)
    }

    /// `{namespace: {name: {data: [[key, value], …], meta: {name, metric_type, …}}}}`.
    public static func all(_ series: [JSON]) -> JSON {
        var all = JSONObject()
        for one in series {
            let (namespace, name) = place(one)
            var inner = all[namespace]?.asObject ?? JSONObject()
            let before = inner[name]?["data"]?.asArray ?? []
            inner[name] = ["data": .array(before + points(one)), "meta": meta(one, name)]
            all[namespace] = .object(inner)
        }
        return .object(all)
    }

    private static func place(_ series: JSON) -> (namespace: String, name: String) {
        (series["namespace"]?.asString ?? "", series["name"]?.asString ?? "")
    }

    private static func points(_ series: JSON) -> [JSON] { series["points"]?.asArray ?? [] }

    private static func meta(_ series: JSON, _ name: String) -> JSON {
        var meta: JSONObject = ["name": .string(name), "metric_type": series["type"] ?? ""]
        for (key, value) in series["meta"]?.asObject?.members ?? [] where meta[key] == nil { meta[key] = value }
        return .object(meta)
    }
}
