import NornDialects
import NornFlow
import NornManifest
import NornSite

/// Which page of which rows a `list` route is asked for.
struct V1ListRequest {
    static let orders: Set<String> = ["job_id", "task_version", "create_time", "start_time", "end_time", "elapsed"]

    /// 0: all.
    private let limit: Int
    private let page: Int
    private let orderBy: String
    private let isDescending: Bool
    private let conditions: [(column: String, values: Set<String>)]
    private let jobPart: String?
    private let descriptionPart: String?
    private let partner: String?

    init(_ call: V1Request, order standard: String = "desc") throws {
        limit = try call.integer("limit", in: 0...V1JobQueryRoutes.pageMaximum) ?? 0
        page = try call.integer("page", in: 1...Int(Int32.max)) ?? 1
        orderBy = try call.text("order_by") ?? "create_time"
        guard Self.orders.contains(orderBy) else {
            throw SiteError.invalid(
                "order_by is one of \(Self.orders.sorted().joined(separator: ", "))", field: "order_by")
        }
        let order = try call.text("order") ?? standard
        guard ["asc", "desc"].contains(order) else {
            throw SiteError.invalid("order is asc or desc", field: "order")
        }
        isDescending = order == "desc"
        jobPart = try call.text("job_id")
        descriptionPart = try call.text("description")
        partner = try call.text("partner")
        conditions = try ["party_id", "role", "status", "component_name"].compactMap { column in
            let values =
                call[column]?.asArray == nil ? try call.text(column).map { [$0] } ?? [] : try call.texts(column)
            return values.isEmpty ? nil : (column, Set(values))
        }
    }

    func holds(_ row: V1Row, partners: [Party]) -> Bool {
        let isPart: (String?, String) -> Bool = { part, column in
            part.map { (row[column]?.asString ?? "").contains($0) } ?? true
        }
        guard isPart(jobPart, "job_id"), isPart(descriptionPart, "description") else { return false }
        if let partner, !partners.contains(where: { $0.id == partner }) { return false }
        return conditions.allSatisfy { condition in
            row[condition.column]?.asString.map(condition.values.contains) ?? true
        }
    }

    /// The page, in the order that is asked for; rows of one value keep theirs.
    func page(_ rows: [V1Row]) -> [V1Row] {
        let sorted = rows.enumerated().sorted { left, right in
            let (a, b) = (key(left.element), key(right.element))
            if a == b { return left.offset < right.offset }
            return isDescending ? a > b : a < b
        }.map(\.element)
        guard limit > 0 else { return Array(sorted.prefix(V1JobQueryRoutes.pageMaximum)) }
        let start = (page - 1).multipliedReportingOverflow(by: limit)
        guard !start.overflow else { return [] }
        return Array(sorted.dropFirst(start.partialValue).prefix(limit))
    }

    /// Job ids are texts of digits of one length: their order as texts is that of their age.
    private func key(_ row: V1Row) -> String {
        let value = row[orderBy] ?? .null
        if let text = value.asString { return text }
        let digits = String(value.asInt ?? 0)
        return String(repeating: "0", count: max(20 - digits.count, 0)) + digits
    }
}

extension V1Request {
    /// The same request as if it did not have a member.
    func without(_ name: String) -> V1Request {
        var object = body.asObject ?? [:]
        object[name] = nil
        return with(.object(object))
    }
}
