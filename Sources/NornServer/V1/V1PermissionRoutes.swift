import NornDialects
import NornManifest
import NornSite

/// Grants of tables to partners, in the words of FATE's `flow privilege`.
///
/// FATE-Flow grants components and data sets to a party apart from each other; a grant of Norn is of a table, for jobs
/// of some components or of any. So a grant names data sets, and its components bound them.
enum V1PermissionRoutes {
    /// Data sets that one request may name.
    static let tablesMaximum = 1000

    static let all: [V1Route] = [
        V1Route(path: "/v1/permission/grant", right: .data, failure: .operating, namesPartner: true, handle: grant),
        V1Route(path: "/v1/permission/delete", right: .data, failure: .operating, namesPartner: true, handle: delete),
        V1Route(path: "/v1/permission/query", right: .data, failure: .operating, namesPartner: true, handle: query),
    ]

    private static func components(_ call: V1Request) throws -> [String]? {
        let names = try call.texts("component")
        return names.isEmpty || names.contains("*") ? nil : names
    }

    private static func tables(_ call: V1Request) async throws -> [(namespace: String, name: String)] {
        guard let value = call["dataset"] else {
            throw SiteError.invalid(
                "A grant is of tables: name them as [{\"namespace\": …, \"name\": …}], or \"*\" for all of yours",
                field: "dataset")
        }
        if value.asString == "*" {
            return try await call.site.tables.list(call.caller).map { ($0.namespace, $0.name) }
        }
        guard let list = value.asArray, list.count <= tablesMaximum else {
            throw SiteError.invalid("dataset is a list of at most \(tablesMaximum) tables, or \"*\"", field: "dataset")
        }
        return try list.enumerated().map { index, table in
            guard let namespace = table["namespace"]?.asString, let name = table["name"]?.asString else {
                throw SiteError.invalid("A table has a namespace and a name", field: "dataset[\(index)]")
            }
            return (namespace, name)
        }
    }

    @Sendable private static func grant(_ call: V1Request) async throws -> V1Answer {
        let partner = try call.require("party_id")[0]
        let components = try components(call)
        let tables = try await tables(call)
        // All of them have to be there before the first is granted.
        for table in tables { _ = try await call.site.tables.show(table.namespace, table.name, call.caller) }
        for table in tables {
            _ = try await call.site.grant(
                table.namespace, table.name, partner: partner, components: components, call.caller)
        }
        return .data(nil)
    }

    @Sendable private static func delete(_ call: V1Request) async throws -> V1Answer {
        let partner = try call.require("party_id")[0]
        var taken = 0
        for table in try await tables(call) {
            do {
                _ = try await call.site.revoke(table.namespace, table.name, partner: partner, call.caller)
                taken += 1
            } catch let error as SiteError where error.code == "grant_not_found" {
                continue
            }
        }
        guard taken > 0 else { throw V1Refusal(.operating, "the party \(partner) has no such grant (dataset)") }
        return .data(nil)
    }

    @Sendable private static func query(_ call: V1Request) async throws -> V1Answer {
        let partner = try call.require("party_id")[0]
        var components: [String] = []
        var tables: [JSON] = []
        for table in try await call.site.tables.list(call.caller) {
            for grant in table.grants where grant.partner == partner {
                components += grant.components ?? ["*"]
                tables.append(["namespace": .string(table.namespace), "name": .string(table.name)])
            }
        }
        return .data([
            "component": .array(Set(components).sorted().map { .string($0) }), "dataset": .array(tables),
        ])
    }
}
