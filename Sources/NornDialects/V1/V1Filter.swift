import NornManifest

/// Conditions of a `query` route: every member of the request that is a column of the rows.
///
/// A list means one of its values; for a column of numbers a list of two is a range, both ends included. What is no
/// column says nothing, and a request without any condition finds nothing, as FATE-Flow has it.
public struct V1Filter: Sendable {
    /// Columns that hold numbers which people look for by range.
    private static let ranges: Set<String> = [
        "progress", "elapsed", "cores", "create_time", "start_time", "end_time", "update_time", "task_version",
    ]

    private let conditions: [(column: String, value: JSON)]

    public init(_ request: JSON, columns: JSONObject) {
        conditions = (request.asObject?.members ?? []).compactMap { key, value in
            columns[key] == nil || value.isNull ? nil : (key, value)
        }
    }

    public var isEmpty: Bool { conditions.isEmpty }

    public func matches(_ row: V1Row) -> Bool {
        conditions.allSatisfy { condition in
            Self.holds(condition.value, row[condition.column] ?? .null, condition.column)
        }
    }

    private static func holds(_ wanted: JSON, _ value: JSON, _ column: String) -> Bool {
        guard let list = wanted.asArray else { return text(wanted) == text(value) }
        if ranges.contains(column), list.count == 2, let low = number(list[0]), let high = number(list[1]) {
            return number(value).map { low <= $0 && $0 <= high } ?? false
        }
        return list.contains { text($0) == text(value) }
    }

    private static func number(_ value: JSON) -> Double? { value.asDouble ?? value.asString.flatMap { Double($0) } }

    /// Clients send ids as numbers or as text.
    private static func text(_ value: JSON) -> String {
        switch value {
        case .bool(let flag): flag ? "1" : "0"
        case .string(let text): ["true", "True"].contains(text) ? "1" : ["false", "False"].contains(text) ? "0" : text
        default: value.text(.canonical)
        }
    }
}
