import NornManifest

/// What a rule's process tells: a line of JSON each, `{"at": "..."}` for what it is about to do, `{"result": {...}}` at its
/// end.
public struct RuleReport: Sendable {
    /// What it was last about to do.
    public private(set) var place: String?
    public private(set) var result: RuleResult?

    init(bytes: [UInt8]) {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            guard let json = try? JSON(parsing: Array(line)) else { continue }
            if let place = json["at"]?.asString { self.place = place }
            if let result = json["result"] { self.result = RuleResult(json: result) }
        }
    }

    public static func line(at place: String) -> String { (["at": .string(place)] as JSON).text() + "\n" }

    public static func line(_ result: RuleResult) -> String { (["result": result.json] as JSON).text() + "\n" }
}

extension RuleResult {
    var json: JSON {
        var object: JSONObject = [
            "rule": .int(rule), "outcome": .string(outcome.rawValue),
            "failures": .array(failures.map { .string($0) }), "notes": .array(notes.map { .string($0) }),
        ]
        if let suggestion { object["suggestion"] = suggestion }
        return .object(object)
    }

    init?(json: JSON) {
        guard let rule = json["rule"]?.asInt, let outcome = json["outcome"]?.asString.flatMap(Outcome.init)
        else { return nil }
        let texts = { (key: String) in json[key]?.asArray?.compactMap(\.asString) ?? [] }
        self.init(
            rule: rule, outcome: outcome, failures: texts("failures"), notes: texts("notes"),
            suggestion: json["suggestion"])
    }
}
