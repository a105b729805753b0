import NornCrypto
import NornKit

/// The guest's side.
struct GuestIntersection {
    let context: IntersectionContext
    let table: Table
    let ids: Identifiers
    let cache: IntersectionCache?

    private var parameters: IntersectionParameters { context.parameters }
    private var hosts: [Party] { context.parties[.host] }
    private var report: IntersectionReport { IntersectionReport(context: context, count: ids.count) }

    func run() async throws {
        var agreed = try await context.agreeWithHosts(ids, cache: cache)
        var ids = ids
        if parameters.runPreprocess {
            try await Prefilter(context: context, settings: agreed.settings).run(&ids, others: hosts)
        }
        let halves = try SignedHalves(ids, agreed.settings, splits: parameters.splitsCalculation)
        if parameters.runPreprocess || parameters.splitsCalculation {
            let own = Counts(count: ids.count, guestSigned: halves.guestSigned)
            agreed.counts = try await context.exchangeCounts(own, with: hosts)
        }
        let settings = agreed.settings
        let commutative = CommutativeGuest(context: context, settings: settings, ids: ids)
        let blind = BlindGuest(
            exchange: BlindExchange(context: context, settings: settings, ids: ids), halves: halves)
        if parameters.runCache {
            let parts =
                settings.method == .rsa
                ? try await blind.collect(agreed.counts) : try await commutative.collect(agreed.counts)
            let made = IntersectionCache(id: agreed.cacheID, settings: settings, hosts: parts)
            try await context.outputs.model(made, as: "cache")
            return try report.tell(cache: made.id)
        }
        if parameters.cardinalityOnly, settings.method == .rsa, cache == nil {
            return try await finish(cardinality: try await blind.estimate())
        }
        try checkCache(agreed)
        let matches =
            settings.method == .rsa
            ? try await blind.match(agreed.counts, cached: cache?.hosts)
            : try await commutative.match(agreed.counts, cached: cache?.hosts)
        let isCommon = ids.positions.map { position in matches.allSatisfy { $0[position] >= 0 } }
        if parameters.cardinalityOnly { return try await finish(cardinality: isCommon.count { $0 }) }
        if parameters.syncsIDs {
            for (index, host) in hosts.enumerated() {
                try await tell(host, count: agreed.counts[index].count, matches: matches[index], isCommon: isCommon)
            }
        }
        let rows = try await output(ids, agreed, matches, isCommon)
        try report.tell(found: isCommon.count { $0 }, rows: ids.hasMatchIDs ? rows : nil)
    }

    /// A cache's parts have as many ids as their hosts say now.
    private func checkCache(_ agreed: Agreement) throws {
        guard let cache else { return }
        let bytesEach =
            switch cache.settings.method {
            case .dh: cache.settings.keyBits / 8
            case .ecdh, .rsa: Token.byteCount
            }
        for (part, count) in zip(cache.hosts, agreed.counts)
        where part.elements.count != count.count * bytesEach { throw IntersectionCache.damaged }
    }

    /// One bit for each id that the host sent, lowest first.
    private func tell(_ host: Party, count: Int, matches: [Int], isCommon: [Bool]) async throws {
        var bits = [UInt8](repeating: 0, count: (count + 7) / 8)
        for (position, match) in matches.enumerated() where isCommon[position] && match >= 0 {
            bits[match >> 3] |= 1 << UInt8(match & 7)
        }
        try await context.federation.sendBytes(bits, name: IntersectionMessage.common, to: host)
    }

    /// - Returns: rows handed out
    private func output(
        _ ids: Identifiers, _ agreed: Agreement, _ matches: [[Int]], _ isCommon: [Bool]
    ) async throws -> Int {
        let output = CommonRows(context: context, table: table, ids: ids)
        guard agreed.givesKeys else {
            let common = ids.positions.filter { isCommon[$0] }
            try await output.output(common)
            return common.count
        }
        guard parameters.sampleIDGenerator == "guest" else {
            return try await outputUnderKeysOfHost(ids, agreed, matches)
        }
        var rows: [CommonRows.Keyed] = []
        var places: [Int] = []
        for position in ids.positions where isCommon[position] || parameters.joinsLeft {
            for row in ids.rows(of: position) {
                rows.append(CommonRows.Keyed(key: try context.sampleID(of: row), row: row))
                places.append(position)
            }
        }
        if parameters.syncsIDs {
            for (index, host) in hosts.enumerated() {
                let keys = zip(rows, places).map { row, position in
                    (place: isCommon[position] ? matches[index][position] : -1, key: row.key)
                }
                try await context.send(keys, to: host)
            }
        }
        return try await output.output(rows)
    }

    private func outputUnderKeysOfHost(
        _ ids: Identifiers, _ agreed: Agreement, _ matches: [[Int]]
    ) async throws -> Int {
        let count = agreed.counts[0].count
        var positions = [Int](repeating: -1, count: count)
        for (position, match) in matches[0].enumerated() where match >= 0 { positions[match] = position }
        let keys = try await context.receiveKeys(count, from: hosts[0])
        let rows = try keys.map { place, key in
            let position = place < 0 ? -1 : positions[place]
            guard position >= 0 || parameters.joinsLeft else {
                throw ComponentError.peer(hosts[0], "it gives a key to an id that is not common")
            }
            return CommonRows.Keyed(key: key, row: position < 0 ? nil : ids.rows(of: position).first)
        }
        return try await CommonRows(context: context, table: table, ids: ids).output(rows)
    }

    private func finish(cardinality: Int) async throws {
        if parameters.syncCardinality {
            for host in hosts {
                try await context.federation.send(
                    Counts(count: cardinality), name: IntersectionMessage.cardinality, to: host)
            }
        }
        try await CommonRows(context: context, table: table, ids: ids).output([Int]())
        try report.tell(found: cardinality)
    }
}

extension IntersectionContext {
    /// The key under which all parties hand out a row of the party that generates sample ids.
    func sampleID(of row: Key) throws -> Key {
        guard parameters.newSampleID else { return row }
        return .text(try randomBytes(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }
}
