import NornCrypto
import NornKit

/// Private set intersection of the ids, or match ids, of a guest and any number of hosts (FATE's Intersection).
///
/// All parties contribute random bytes to a salt, through the guest. Then, by `intersect_method`:
/// - `ecdh` and `dh` (C. Meadows, "A more efficient cryptographic matchmaking protocol", 1986): the guest sends a·H(id)
///   and each host b·H(id) of its own ids, in random order; each host multiplies the guest's by b, the guest each host's
///   by a: equal results are equal ids. With X25519 scalars, or exponents modulo a published safe prime.
/// - `rsa` (E. De Cristofaro and G. Tsudik, "Practical private set intersection protocols", 2010): a host's key signs
///   full-domain hashes of its own ids, of which it sends digests, and blinded ones of the guest's. With
///   `split_calculation` the guest's key signs one half of the ids and the host asks.
/// The guest keeps the ids that every host has, and, when `sync_intersect_ids`, tells each host which of what it sent
/// are among them. What peers send is checked: range, group, length, keys, signatures.
struct Intersection: Component {
    typealias Parameters = IntersectionParameters

    static let descriptor = ComponentDescriptor(
        name: "Intersection", roles: [.guest, .host], inputs: [.table("data"), .cache("cache")],
        outputs: [.table("data"), .cache("cache")])

    func run(_ context: TaskContext<Parameters>) async throws {
        guard let guest = context.parties[.guest].first, context.parties[.guest].count == 1,
            !context.parties[.host].isEmpty
        else {
            throw ComponentError(
                .failedPrecondition, "Intersection needs one guest and at least one host.", fault: .user)
        }
        let parameters = context.parameters
        for warning in parameters.warnings { context.log.warning(warning) }
        guard parameters.sampleIDGenerator == "guest" || context.parties[.host].count == 1 else {
            throw ComponentError.invalid(
                field: "sample_id_generator", "host is possible with one host only, not with several")
        }
        let input = context.inputs.artifacts.first { $0.kind == .table }?.name ?? "data"
        let table = try await context.inputs.table(input)
        if parameters.withSampleID, table.schema?.matchIDName == nil {
            throw ComponentError.invalid(
                field: "with_sample_id", "the table has no match id: give DataTransform with_match_id")
        }
        let cache = try await IntersectionCache.load(context)
        if cache != nil, parameters.runCache || parameters.runPreprocess || parameters.splitsCalculation {
            throw ComponentError.invalid(
                field: "cache", "a cache goes with none of run_cache, run_preprocess and split_calculation")
        }
        var generator = try context.randomNumberGenerator()
        let ids = try await Identifiers(of: table, generator: &generator)
        if context.role == .guest {
            try await GuestIntersection(context: context, table: table, ids: ids, cache: cache).run()
        } else {
            try await HostIntersection(context: context, table: table, ids: ids, guest: guest, cache: cache).run()
        }
    }
}

typealias IntersectionContext = TaskContext<IntersectionParameters>

/// What people see of an intersection.
struct IntersectionReport {
    let context: IntersectionContext
    /// own ids, before any filter
    let count: Int

    /// - Parameter rows: of the output, where the table has match ids
    func tell(found: Int, rows: Int? = nil) throws {
        let parameters = context.parameters
        let rate = count == 0 ? 0 : Double(found) / Double(count)
        var points: [(key: CBOR, value: CBOR)] = [
            ("intersect_count", .int(Int64(found))), ("input_match_id_count", .int(Int64(count))),
            ("intersect_rate", .double(rate)), ("unmatched_count", .int(Int64(count - found))),
            ("unmatched_rate", .double(count == 0 ? 0 : 1 - rate)),
        ]
        if let rows { points.append(("intersect_sample_id_count", .int(Int64(rows)))) }
        try context.tracking.series(
            "intersection", namespace: "train", type: "INTERSECTION", points: points,
            meta: [
                "intersect_method": .text(parameters.protocolMethod.rawValue),
                "join_method": .text(parameters.joinMethod),
            ])
        try context.tracking.summary([
            "intersect_num": .int(Int64(found)), "intersect_rate": .double(rate),
            "cardinality_only": .bool(parameters.cardinalityOnly), "unique_id_num": .int(Int64(count)),
        ])
    }

    func tell(cache: [UInt8]) throws {
        let name = cache.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try context.tracking.summary([
            "cache_id": .text(name), "intersect_method": .text(context.parameters.protocolMethod.rawValue),
            "unique_id_num": .int(Int64(count)),
        ])
    }
}
