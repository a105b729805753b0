import Foundation
import NornManifest
import NornStore

/// Names of tables that no job may read for now. They are few, and kept as one value.
actor DisabledTables {
    static let tablesMaximum = 10_000
    private static let valueName = "tables/disabled"

    struct Name: Hashable, Codable, Sendable {
        var namespace: String
        var name: String
    }

    private let store: any Store

    init(store: any Store) { self.store = store }

    func names() async throws -> Set<Name> {
        guard let text = try await store.value(Self.valueName), !text.isEmpty else { return [] }
        return try JSONDecoder().decode(Set<Name>.self, from: Data(text.utf8))
    }

    func holds(_ namespace: String, _ name: String) async throws -> Bool {
        try await names().contains(Name(namespace: namespace, name: name))
    }

    /// Changes some of them in one step; what is asked for meanwhile waits.
    func set(_ names: [Name], isDisabled: Bool) async throws {
        let before = turn
        let step = Task {
            await before?.value
            try await change(names, isDisabled: isDisabled)
        }
        turn = Task { _ = await step.result }
        try await step.value
    }

    private var turn: Task<Void, Never>?

    private func change(_ names: [Name], isDisabled: Bool) async throws {
        var all = try await self.names()
        let before = all
        if isDisabled { all.formUnion(names) } else { all.subtract(names) }
        guard all != before else { return }
        guard all.count <= Self.tablesMaximum else {
            throw SiteError("too_many_tables", "At most \(Self.tablesMaximum) tables are disabled at once")
        }
        let data = try JSONEncoder().encode(all.sorted { ($0.namespace, $0.name) < ($1.namespace, $1.name) })
        try await store.setValue(Self.valueName, String(decoding: data, as: UTF8.self))
    }
}

extension TableService {
    /// Disables tables, or enables them again; those of the caller that have the names, nil for any.
    /// - Returns: the tables, as they are now.
    public func setEnabled(
        _ isEnabled: Bool, namespace: String?, name: String?, _ caller: Caller
    ) async throws -> [TableView] {
        let found = try await store.tables().filter { table in
            caller.mayActFor(table.owner) && (namespace == nil || table.namespace == namespace)
                && (name == nil || table.name == name)
        }
        guard !found.isEmpty else {
            throw SiteError("table_not_found", "There is no table \(namespace ?? "*")/\(name ?? "*")")
        }
        try await disabled.set(found.map { .init(namespace: $0.namespace, name: $0.name) }, isDisabled: !isEnabled)
        var views: [TableView] = []
        for table in found { views.append(try await view(table)) }
        return views
    }

    /// Forgets the caller's disabled tables.
    public func removeDisabled(_ caller: Caller) async throws -> [TableView] {
        var gone: [TableView] = []
        for name in try await disabled.names().sorted(by: { ($0.namespace, $0.name) < ($1.namespace, $1.name) }) {
            guard let table = try await store.table(namespace: name.namespace, name: name.name),
                caller.mayActFor(table.owner)
            else { continue }
            gone.append(try await view(table))
            try await remove(name.namespace, name.name, caller)
        }
        return gone
    }

    public func isDisabled(_ namespace: String, _ name: String) async throws -> Bool {
        try await disabled.holds(namespace, name)
    }

    /// Gives a table another name as well; both are the same version.
    public func copy(
        _ namespace: String, _ name: String, to target: (namespace: String, name: String), _ caller: Caller
    ) async throws -> TableView {
        var table = try await record(namespace, name, caller)
        try await checkName(target.namespace, target.name, owner: table.owner)
        (table.namespace, table.name, table.created) = (target.namespace, target.name, Clocks.wallMilliseconds())
        try await replace(with: table, onlyIfFree: true)
        return try await view(table)
    }
}
