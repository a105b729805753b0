import NornCrypto
import NornKit

/// Private set intersection of the ids of a guest and any number of hosts (FATE's Intersection, method `ecdh`).
///
/// With H a hash to curve25519 that is salted for this job and a, b secret X25519 scalars:
/// 1. all parties contribute random bytes to the salt, through the guest;
/// 2. the guest sends a·H(id) and each host b·H(id) of its own ids, in random order, so that order says nothing;
/// 3. each host multiplies the guest's points by b, in the order in which they came, and sends them back;
/// 4. the guest multiplies each host's points by a: equal points are equal ids;
/// 5. the guest keeps the ids that every host has, and, when `sync_intersect_ids`, tells each host which of the points
///    that it sent are among them.
/// Whoever sends a point that is not canonical or of low order is refused. Each party learns the sizes of the others'
/// sets; hosts learn of ids common to all only. Points travel in blocks, so a million ids need some hundred megabytes.
struct Intersection: Component {
    typealias Parameters = IntersectionParameters

    static let descriptor = ComponentDescriptor(
        name: "Intersection", roles: [.guest, .host], inputs: [.table("data")], outputs: [.table("data")])

    func run(_ context: TaskContext<Parameters>) async throws {
        guard let guest = context.parties[.guest].first, context.parties[.guest].count == 1,
            !context.parties[.host].isEmpty
        else {
            throw ComponentError(
                .failedPrecondition, "Intersection needs one guest and at least one host.", fault: .user)
        }
        let method = context.parameters.method.lowercased()
        if method != "ecdh" {
            context.log.warning(
                "intersect_method \(method) is replaced by ecdh: the same result, and ids are better protected.")
        }
        let input = context.inputs.artifacts.first { $0.kind == .table }?.name ?? "data"
        let table = try await context.inputs.table(input)
        let ids = try await Identifiers(of: table, context: context)
        let common =
            context.role == .guest
            ? try await GuestIntersection(context: context, ids: ids, hosts: context.parties[.host]).common()
            : try await HostIntersection(context: context, ids: ids, guest: guest).common()
        try await finish(context, table: table, ids: ids, common: common)
    }

    /// - Parameter common: positions in `ids`; nil when this party is not told.
    private func finish(
        _ context: TaskContext<Parameters>, table: Table, ids: Identifiers, common: [Int]?
    ) async throws {
        let isKeyOnly = context.parameters.outputsOnlyKeys
        let writer = try context.tables.writer(partitions: table.partitions)
        for position in common ?? [] { try writer.put(ids.key(position), "") }
        let keys = try await writer.seal()
        let rows = isKeyOnly ? keys : try await table.join(keys)
        var schema = table.schema ?? TableSchema(layout: .text, header: [], content: .raw)
        if isKeyOnly {
            schema = TableSchema(
                layout: .text, header: [], content: .raw, idName: schema.idName, delimiter: schema.delimiter)
        }
        try await context.outputs.table(rows, schema: schema)
        if let common { try report(context, found: common.count, of: ids.count) }
    }

    private func report(_ context: TaskContext<Parameters>, found: Int, of count: Int) throws {
        let rate = count == 0 ? 0 : Double(found) / Double(count)
        try context.tracking.series(
            "intersection", namespace: "train", type: "INTERSECTION",
            points: [
                ("intersect_count", .int(Int64(found))), ("input_match_id_count", .int(Int64(count))),
                ("intersect_rate", .double(rate)), ("unmatched_count", .int(Int64(count - found))),
                ("unmatched_rate", .double(count == 0 ? 0 : 1 - rate)),
            ], meta: ["intersect_method": "ecdh", "join_method": .text(context.parameters.joinMethod)])
        try context.tracking.summary([
            "intersect_num": .int(Int64(found)), "intersect_rate": .double(rate), "cardinality_only": false,
            "unique_id_num": .int(Int64(count)),
        ])
    }
}

typealias IntersectionContext = TaskContext<IntersectionParameters>
