import Foundation
import NornManifest
import NornStore

/// The catalogue of a site's tables: who may see, replace, grant and forget them.
public struct TableService: Sendable {
    static let nameBytesMaximum = 256
    static let tablesMaximum = 100_000
    static let grantsMaximum = 1024
    /// The owner of tables that belong to the site: each of its parties may read them. FATE's clients upload without
    /// saying for whom; its local party is 0.
    public static let everyParty = "0"

    let store: any Store
    let catalogue: @Sendable () -> Catalogue
    let disabled: DisabledTables

    init(store: any Store, catalogue: @escaping @Sendable () -> Catalogue) {
        self.store = store
        self.catalogue = catalogue
        disabled = DisabledTables(store: store)
    }

    public func list(_ caller: Caller) async throws -> [TableView] {
        var views: [TableView] = []
        for table in try await store.tables() where caller.mayActFor(table.owner) {
            views.append(try await view(table))
        }
        return views
    }

    public func show(_ namespace: String, _ name: String, _ caller: Caller) async throws -> TableView {
        try await view(record(namespace, name, caller))
    }

    /// The table that a caller may handle; another party's table is not there for the caller.
    func record(_ namespace: String, _ name: String, _ caller: Caller) async throws -> TableRecord {
        guard let table = try await store.anyTable(namespace: namespace, name: name), caller.mayActFor(table.owner)
        else {
            throw SiteError(
                "table_not_found", "There is no table \(namespace)/\(name)", hint: "norn data list shows the tables")
        }
        return table
    }

    /// Refuses a name that cannot be a table's, and one that belongs to another party.
    func checkName(_ namespace: String, _ name: String, owner: String) async throws {
        for (field, text) in [("namespace", namespace), ("name", name)] {
            guard !text.isEmpty, text.utf8.count <= Self.nameBytesMaximum,
                !text.unicodeScalars.contains(where: { $0.value < 32 })
            else {
                throw SiteError.invalid(
                    "A table's \(field) has 1 to \(Self.nameBytesMaximum) bytes and no control characters", field: field
                )
            }
        }
        if let existing = try await store.table(namespace: namespace, name: name), existing.owner != owner {
            throw Self.otherOwner(namespace, name)
        }
    }

    public func isTaken(_ namespace: String, _ name: String) async throws -> Bool {
        try await store.table(namespace: namespace, name: name) != nil
    }

    /// Refuses a name that a table has.
    func requireFree(_ namespace: String, _ name: String) async throws {
        guard try await store.table(namespace: namespace, name: name) == nil else { throw Self.exists(namespace, name) }
    }

    private static func exists(_ namespace: String, _ name: String) -> SiteError {
        SiteError(
            "table_exists", "There is a table \(namespace)/\(name) already", field: "name",
            hint: "Replace it: drop=1")
    }

    private static func otherOwner(_ namespace: String, _ name: String) -> SiteError {
        SiteError(
            "forbidden_table", "The table \(namespace)/\(name) belongs to another party", field: "name",
            hint: "Choose another name")
    }

    public func remove(_ namespace: String, _ name: String, _ caller: Caller) async throws {
        let table = try await record(namespace, name, caller)
        guard try await store.table(namespace: namespace, name: name) != nil else {
            throw SiteError(
                "table_of_job", "The table \(namespace)/\(name) goes with its job",
                hint: "Clean the job: norn job clean")
        }
        guard try await store.removeTable(namespace: namespace, name: name) else {
            throw SiteError.notFound("table", "\(namespace)/\(name)")
        }
        try await disabled.set([.init(namespace: namespace, name: name)], isDisabled: false)
        try await discard(table.path)
    }

    /// Points the name to a new version; the data of the old one goes when no job's result is the same table.
    /// Another party may have taken the name since it was checked: then it stays theirs, and the new data goes.
    /// - Parameters:
    ///   - onlyIfFree: refuses when a table has taken the name meanwhile.
    ///   - path: refuses when the name points to another version than this meanwhile.
    func replace(with table: TableRecord, onlyIfFree: Bool = false, onlyIfStill path: String? = nil) async throws {
        do {
            if let path, try await store.table(namespace: table.namespace, name: table.name)?.path != path {
                try await discard(table.path)
                throw SiteError(
                    "table_changed", "Another version of \(table.namespace)/\(table.name) came meanwhile",
                    field: "name", hint: "Merge again, into that one")
            }
            if onlyIfFree, try await store.table(namespace: table.namespace, name: table.name) != nil {
                try await discard(table.path)
                throw Self.exists(table.namespace, table.name)
            }
            if let old = try await store.putTable(table) {
                try await disabled.set([.init(namespace: table.namespace, name: table.name)], isDisabled: false)
                if old.path != table.path { try await discard(old.path) }
            }
        } catch StoreError.otherOwner {
            try await discard(table.path)
            throw Self.otherOwner(table.namespace, table.name)
        }
    }

    /// Removes the data of a version that nothing points to any more.
    private func discard(_ path: String) async throws {
        guard try await !store.sealedPaths().contains(path) else { return }
        try? FileManager.default.removeItem(atPath: path)
    }

    public func grant(
        _ namespace: String, _ name: String, partner: String, components: [String]?, _ caller: Caller
    ) async throws -> TableView {
        let table = try await record(namespace, name, caller)
        guard !partner.isEmpty, partner.utf8.allSatisfy({ (0x30...0x39).contains($0) }), partner.utf8.count <= 32 else {
            throw SiteError.invalid("A partner is a party id such as 9999", field: "partner")
        }
        guard try await store.grants(namespace: namespace, name: name).count < Self.grantsMaximum else {
            throw SiteError("too_many_grants", "A table has at most \(Self.grantsMaximum) grants")
        }
        let names = try components?.enumerated().map { index, component in
            do throws(CatalogueMiss) {
                return try catalogue().find(component).component.name
            } catch {
                throw SiteError.unknownComponent(error, field: "components[\(index)]")
            }
        }
        try await store.putGrant(
            TableGrant(
                namespace: namespace, name: name, partner: partner, components: names,
                created: Clocks.wallMilliseconds()))
        return try await view(table)
    }

    public func revoke(
        _ namespace: String, _ name: String, partner: String, _ caller: Caller
    ) async throws -> TableView {
        let table = try await record(namespace, name, caller)
        guard try await store.removeGrant(namespace: namespace, name: name, partner: partner) else {
            throw SiteError.notFound("grant", "of \(namespace)/\(name) to \(partner)")
        }
        return try await view(table)
    }

    func view(_ table: TableRecord) async throws -> TableView {
        let grants = try await store.grants(namespace: table.namespace, name: table.name)
        return TableView(
            namespace: table.namespace, name: table.name, engine: table.engine, rows: table.rows,
            partitions: table.partitions, owner: table.owner, created: table.created,
            schema: TrackingValues.json(Array(table.schema)),
            grants: grants.map { GrantView(partner: $0.partner, components: $0.components, created: $0.created) })
    }
}

extension SiteError {
    /// A component that the catalogue does not have, with the nearest name.
    static func unknownComponent(_ miss: CatalogueMiss, field: String?) -> SiteError {
        switch miss {
        case .unknownModule(let name, let nearest):
            SiteError(
                "component_not_found", "There is no component \(name)", field: field,
                hint: nearest.map { "Did you mean \($0)?" } ?? "norn component list shows them")
        case .withheldModule(let name, let reason):
            SiteError(
                "component_withheld", "No job may use \(name): \(reason)", field: field,
                hint: "norn component list --plugins shows what is disabled")
        case .unknownProvider(let name, let nearest):
            SiteError(
                "provider_not_found", "There is no provider \(name)", field: field,
                hint: nearest.map { "Did you mean \($0)?" })
        case .unknownProviderVersion(let provider, let version, let known):
            SiteError(
                "provider_not_found", "The provider \(provider) has no version \(version)", field: field,
                hint: "There is \(known.joined(separator: ", "))")
        case .moduleNotOfProvider(let module, let provider):
            SiteError("component_not_found", "The provider \(provider) has no component \(module)", field: field)
        }
    }
}
